import { createCipheriv, diffieHellman, generateKeyPairSync, hkdfSync, randomBytes } from 'node:crypto';
import { timed } from './timing.js';

/**
 * Bonawitz et al. 2017 as written, with a mask for every pair: n - 1 key agreements and n keystreams for a client; for every client that drops out the
 * server expands its masks with all survivors. Words of 32 bits; keys are agreed anew, shares and their boxes are left out (in its favour).
 */
export async function fullGraph(quick) {
  const rows = [];
  for (const [n, d] of quick
    ? [
        [10, 10_000],
        [20, 10_000],
      ]
    : [
        [10, 100_000],
        [100, 100_000],
        [300, 100_000],
      ]) {
    const peers = Array.from({ length: n - 1 }, () => generateKeyPairSync('x25519'));
    const mine = generateKeyPairSync('x25519');
    const vector = new Uint32Array(d);
    const client = await timed(() => {
      for (const { publicKey } of peers) {
        const secret = diffieHellman({ privateKey: mine.privateKey, publicKey });
        addMask(vector, Buffer.from(hkdfSync('sha256', secret, '', 'mask', 32)));
      }
      addMask(vector, randomBytes(32));
    }, quick);
    const gone = Math.floor(0.1 * n);
    const server = await timed(() => {
      const stay = n - gone;
      for (let i = 0; i < stay + gone * stay; i++) addMask(vector, randomBytes(32));
    }, quick);
    const cell = { task: 'round', clients: n, dimension: d, dropout: 0.1 };
    rows.push({ ...cell, what: 'one client: key agreements and masks', ...client, bytesUp: 4 * d });
    rows.push({ ...cell, what: 'server: masks of survivors and dropped clients', ...server });
  }
  return rows;
}

const ZEROS = new Uint8Array(65_536);

function addMask(vector, seed) {
  const stream = createCipheriv('aes-256-ctr', seed, Buffer.alloc(16));
  for (let at = 0; at < vector.length; at += ZEROS.length / 4) {
    const words = Math.min(ZEROS.length / 4, vector.length - at);
    const bytes = stream.update(ZEROS.subarray(0, 4 * words));
    const mask =
      bytes.byteOffset % 4 === 0
        ? new Uint32Array(bytes.buffer, bytes.byteOffset, words)
        : new Uint32Array(new Uint8Array(bytes).buffer);
    for (let i = 0; i < words; i++) vector[at + i] += mask[i];
  }
}
