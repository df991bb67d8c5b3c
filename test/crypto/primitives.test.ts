import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex, utf8 } from '../../src/bytes/index.ts';
import {
  AgreementKey,
  checkAgreementKey,
  checkVerifyKey,
  SigningKey,
  verifySignature,
} from '../../src/crypto/index.ts';
import { noblePrimitives } from '../../src/crypto/noble.ts';
import { nodePrimitives } from '../../src/crypto/node.ts';
import { AEADS } from '../../src/crypto/primitives.ts';

const node = nodePrimitives();
if (node === undefined) throw new Error('these tests compare with node:crypto');

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hex = (value: Uint8Array | undefined) => (value === undefined ? undefined : toHex(value));

describe.each([noblePrimitives, node])('$name', (p) => {
  it('X25519: RFC 7748 section 5.2', () => {
    const vectors = [
      [
        'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
        'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
        'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
      ],
      [
        '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
        'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
        '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
      ],
    ] as const;
    for (const [scalar, u, out] of vectors) expect(hex(p.x25519(fromHex(scalar)).multiply(fromHex(u)))).toBe(out);
    let k = fromHex(`09${'00'.repeat(31)}`);
    let u = k;
    for (let i = 0; i < 1000; i++) {
      const next = p.x25519(k).multiply(u)!;
      if (i === 0) expect(toHex(next)).toBe('422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079');
      [u, k] = [k, next];
    }
    expect(toHex(k)).toBe('684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51');
  });

  it('X25519: RFC 7748 section 6.1', () => {
    const alice = p.x25519(fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'));
    const bob = p.x25519(fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'));
    expect(toHex(alice.publicKey)).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    expect(toHex(bob.publicKey)).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
    const shared = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
    expect(hex(alice.multiply(bob.publicKey))).toBe(shared);
    expect(hex(bob.multiply(alice.publicKey))).toBe(shared);
  });

  it('HKDF-SHA256: RFC 5869 appendix A.1 to A.3', () => {
    const range = (from: number, to: number) => Uint8Array.from({ length: to - from }, (_, i) => from + i);
    const key = new Uint8Array(22).fill(0x0b);
    expect(toHex(p.hkdfSha256(key, range(0, 13), range(0xf0, 0xfa), 42))).toBe(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
    expect(toHex(p.hkdfSha256(range(0, 80), range(0x60, 0xb0), range(0xb0, 0x100), 82))).toBe(
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
    );
    expect(toHex(p.hkdfSha256(key, new Uint8Array(), new Uint8Array(), 42))).toBe(
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    );
  });

  it('Ed25519: RFC 8032 section 7.1, tests 1 to 3', () => {
    const vectors = [
      [
        '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
        'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
        '',
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      ],
      [
        '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
        '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
        '72',
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
      ],
      [
        'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
        'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
        'af82',
        '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
      ],
    ] as const;
    for (const [seed, publicKey, message, signature] of vectors) {
      const signer = p.ed25519(fromHex(seed));
      expect(toHex(signer.publicKey)).toBe(publicKey);
      expect(toHex(signer.sign(fromHex(message)))).toBe(signature);
      expect(p.ed25519Verify(signer.publicKey, fromHex(message), fromHex(signature))).toBe(true);
      expect(p.ed25519Verify(signer.publicKey, fromHex(`${message}00`), fromHex(signature))).toBe(false);
    }
  });

  it('ChaCha20-Poly1305: RFC 8439 section 2.8.2', () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i);
    const nonce = fromHex('070000004041424344454647');
    const data = fromHex('50515253c0c1c2c3c4c5c6c7');
    const plaintext = utf8(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    );
    const box = p.seal('chacha20-poly1305', key, nonce, plaintext, data);
    expect(toHex(box)).toBe(
      'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116' +
        '1ae10b594f09e26a7e902ecbd0600691',
    );
    expect(hex(p.open('chacha20-poly1305', key, nonce, box, data))).toBe(toHex(plaintext));
  });

  it('AES-256-GCM: McGrew and Viega, test case 16', () => {
    const key = fromHex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308');
    const nonce = fromHex('cafebabefacedbaddecaf888');
    const data = fromHex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
    const plaintext = fromHex(
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    );
    const box = p.seal('aes-256-gcm', key, nonce, plaintext, data);
    expect(toHex(box)).toBe(
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662' +
        '76fc6ece0f4e1768cddf8853bb2d551b',
    );
    expect(hex(p.open('aes-256-gcm', key, nonce, box, data))).toBe(toHex(plaintext));
  });

  it('refuses a box with one bit turned, other data, or too short', () => {
    const key = new Uint8Array(32).fill(1);
    const nonce = new Uint8Array(12);
    for (const aead of AEADS) {
      const box = p.seal(aead, key, nonce, utf8('share'), utf8('data'));
      for (let i = 0; i < box.length; i++) {
        const turned = box.slice();
        turned[i]! ^= 0x10;
        expect(p.open(aead, key, nonce, turned, utf8('data'))).toBeUndefined();
      }
      expect(p.open(aead, key, nonce, box, utf8('date'))).toBeUndefined();
      for (const length of [0, 15, 16, box.length - 1]) {
        expect(p.open(aead, key, nonce, box.subarray(0, length), utf8('data'))).toBeUndefined();
      }
    }
  });

  it('refuses signatures that only the cofactor saves', () => {
    // A signer that adds a point of order 8 to R: noble's own check, which multiplies by 8, accepts.
    const { Point } = ed25519;
    const torsion = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
    const secret = 12_345n;
    const publicKey = Point.BASE.multiply(secret).toBytes();
    const r = Point.BASE.multiply(777n).add(torsion).toBytes();
    const message = utf8('survivors');
    const k = Point.Fn.create(littleEndian(sha512(concatBytes(r, publicKey, message))));
    const s = Point.Fn.create(777n + k * secret);
    const signature = concatBytes(r, fromHex(reverse(s.toString(16).padStart(64, '0'))));
    expect(ed25519.verify(signature, message, publicKey, { zip215: false })).toBe(true);
    expect(p.ed25519Verify(publicKey, message, signature)).toBe(false);
  });
});

describe('noble and node', () => {
  it('give the same bytes', () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), bytes(12), fc.uint8Array({ maxLength: 200 }), (a, b, nonce, message) => {
        const [x, y] = [noblePrimitives.x25519(a), node.x25519(a)];
        expect(toHex(x.publicKey)).toBe(toHex(y.publicKey));
        expect(hex(x.multiply(b))).toBe(hex(y.multiply(b)));
        const signature = node.ed25519(a).sign(message);
        expect(toHex(noblePrimitives.ed25519(a).sign(message))).toBe(toHex(signature));
        const damaged = signature.slice();
        damaged[nonce[0]! % 64]! ^= 1 << (nonce[1]! % 8);
        const { publicKey } = node.ed25519(a);
        expect(noblePrimitives.ed25519Verify(publicKey, message, signature)).toBe(true);
        expect(noblePrimitives.ed25519Verify(publicKey, message, damaged)).toBe(
          node.ed25519Verify(publicKey, message, damaged),
        );
        expect(toHex(noblePrimitives.hkdfSha256(a, b, message, 42))).toBe(toHex(node.hkdfSha256(a, b, message, 42)));
        expect(toHex(noblePrimitives.sha256(a, message))).toBe(toHex(node.sha256(a, message)));
        for (const aead of AEADS) {
          expect(toHex(noblePrimitives.seal(aead, a, nonce, message, b))).toBe(
            toHex(node.seal(aead, a, nonce, message, b)),
          );
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('public keys', () => {
  const P = 2n ** 255n - 19n;
  const encode = (value: bigint) => fromHex(reverse(value.toString(16).padStart(64, '0')));

  it('X25519: low order and non-canonical encodings are refused before any arithmetic', () => {
    const key = AgreementKey.generate();
    const low = [0n, 1n, P - 1n].map(encode);
    low.push(fromHex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'));
    low.push(fromHex('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'));
    for (const u of low) {
      expect(() => key.agree(u)).toThrow(expect.objectContaining({ code: 'bad-key' }));
      // ... and both implementations know them for what they are.
      const secret = new Uint8Array(32).fill(7);
      expect(noblePrimitives.x25519(secret).multiply(u)).toBeUndefined();
      expect(node.x25519(secret).multiply(u)).toBeUndefined();
    }
    for (const u of [P, P + 9n, 2n ** 255n - 1n, 2n ** 255n + 9n, 2n ** 256n - 1n].map(encode)) {
      expect(() => checkAgreementKey(u)).toThrow(/not canonical/);
    }
    for (const u of [9n, P - 2n, 2n ** 254n].map(encode)) expect(() => checkAgreementKey(u)).not.toThrow();
    expect(() => checkAgreementKey(new Uint8Array(31))).toThrow(/31 bytes/);
  });

  it('Ed25519: the eight points of small order, in every encoding', () => {
    const { Point } = ed25519;
    const generator = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
    let point = Point.ZERO;
    for (let i = 0; i < 8; i++) {
      const encoded = point.toBytes();
      for (const sign of [0, 0x80]) {
        encoded[31] = (encoded[31]! & 0x7f) | sign;
        expect(() => checkVerifyKey(encoded)).toThrow(/small order/);
      }
      point = point.add(generator);
    }
    for (const y of [P, P + 1n, 2n ** 255n - 1n].map(encode)) expect(() => checkVerifyKey(y)).toThrow(/not canonical/);
    expect(() => checkVerifyKey(SigningKey.generate().publicKey)).not.toThrow();
  });

  it('a signature with S + L, or of the wrong length, does not verify', () => {
    const key = SigningKey.generate();
    const message = utf8('message');
    const signature = key.sign(message);
    expect(verifySignature(key.publicKey, message, signature)).toBe(true);
    const L = 2n ** 252n + 27742317777372353535851937790883648493n;
    const s = littleEndian(signature.subarray(32)) + L;
    expect(verifySignature(key.publicKey, message, concatBytes(signature.subarray(0, 32), encode(s)))).toBe(false);
    expect(verifySignature(key.publicKey, message, signature.subarray(0, 63))).toBe(false);
    expect(verifySignature(key.publicKey, message, concatBytes(signature, new Uint8Array(1)))).toBe(false);
  });

  it('secret keys do not print', () => {
    const key = new AgreementKey(new Uint8Array(32).fill(0xab));
    for (const text of [String(key), JSON.stringify(key), String(new SigningKey(new Uint8Array(32)))]) {
      expect(text).toMatch(/secret (X|Ed)25519 key/);
      expect(text).not.toMatch(/abab|171/);
    }
  });
});

function reverse(text: string): string {
  return text.match(/../g)!.reverse().join('');
}

function littleEndian(value: Uint8Array): bigint {
  return BigInt(`0x${reverse(toHex(value)) || '0'}`);
}
