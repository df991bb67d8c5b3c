import { createCipheriv, createECDH, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { timed } from './timing.js';

/**
 * What Flower's SecAgg+ computes with its defaults: quantisation to 2^22 over [-8, 8], a modulus of 2^32, masks from numpy's RandomState (MT19937, seeded
 * with the 32 bits that the xor of the key's words leaves), vectors of int64, ECDH on P-384, shares in Fernet tokens. Its Shamir sharing is left out
 * (in its favour). The arithmetic only: neither gRPC nor Python.
 */
export async function flower(quick) {
  const rows = [];
  for (const [n, k, d] of quick
    ? [[10, 9, 10_000]]
    : [
        [10, 9, 100_000],
        [100, 20, 100_000],
      ]) {
    const peers = Array.from({ length: k }, () => {
      const key = createECDH('secp384r1');
      return key.generateKeys();
    });
    const mine = createECDH('secp384r1');
    mine.generateKeys();
    const update = Float64Array.from({ length: d }, (_, i) => Math.sin(i));
    let vector;
    const client = await timed(() => {
      vector = quantise(update);
      for (const [i, peer] of peers.entries()) {
        const key = Buffer.from(hkdfSync('sha256', mine.computeSecret(peer), '', '', 32));
        fernet(key, randomBytes(120));
        // The seed of a pair's mask is the key as Base64 text, 44 bytes of ASCII: the top bit of every byte is zero.
        const seed = Buffer.alloc(44, '=');
        seed.write(key.toString('base64url'), 'latin1');
        addMask(vector, seed, i % 2 === 0 ? 1 : -1);
      }
      addMask(vector, randomBytes(32), 1);
    }, quick);
    const gone = Math.floor(0.1 * n);
    const server = await timed(() => {
      const stay = n - gone;
      const masks = stay + Math.round((gone * k * stay) / n);
      for (let i = 0; i < masks; i++) addMask(vector, randomBytes(32), -1);
    }, quick);
    const cell = { task: 'round', clients: n, neighbours: k, dimension: d, dropout: 0.1 };
    const note = 'masks of pairs have at most 28 bits of entropy';
    rows.push({ ...cell, what: 'one client: quantise, key agreements, masks', ...client, bytesUp: 8 * d, note });
    rows.push({ ...cell, what: 'server: masks of survivors and dropped clients', ...server });
  }
  return rows;
}

/** Stochastic rounding of clipped values, as int64 held in doubles: all of them are below 2^53. */
function quantise(update) {
  const factor = 4_194_304 / 16;
  return update.map((value) => {
    const scaled = (Math.min(8, Math.max(-8, value)) + 8) * factor;
    const up = Math.ceil(scaled);
    return Math.random() < up - scaled ? up - 1 : up;
  });
}

function fernet(key, plain) {
  const cipher = createCipheriv('aes-128-cbc', key.subarray(16), randomBytes(16));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([body, createHmac('sha256', key.subarray(0, 16)).update(body).digest()]).toString('base64url');
}

function addMask(vector, seed, sign) {
  let seed32 = 0;
  for (let i = 0; i < seed.length; i += 4) seed32 ^= seed.readInt32LE(i);
  const next = mersenneTwister(seed32 >>> 0);
  for (let i = 0; i < vector.length; i++) {
    let word = next();
    while (word > 4_294_967_294) word = next(); // randint(0, 2^32 - 1): the end is excluded
    const sum = vector[i] + sign * word;
    vector[i] = sum >= 4_294_967_296 ? sum - 4_294_967_296 : sum < 0 ? sum + 4_294_967_296 : sum;
  }
}

/** MT19937 of Matsumoto and Nishimura 1998, seeded as `init_genrand`. */
function mersenneTwister(seed) {
  const state = new Uint32Array(624);
  state[0] = seed;
  for (let i = 1; i < 624; i++) state[i] = Math.imul(1_812_433_253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
  let at = 624;
  return () => {
    if (at === 624) {
      for (let i = 0; i < 624; i++) {
        const y = (state[i] & 0x8000_0000) | (state[(i + 1) % 624] & 0x7fff_ffff);
        state[i] = state[(i + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908_b0df : 0);
      }
      at = 0;
    }
    let y = state[at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c_5680;
    y ^= (y << 15) & 0xefc6_0000;
    return (y ^ (y >>> 18)) >>> 0;
  };
}
