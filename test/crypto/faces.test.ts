import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../src/bytes/index.ts';
import {
  AEADS,
  AgreementKey,
  BOX_OVERHEAD,
  checkAgreementKey,
  hkdfSha256,
  openBox,
  SigningKey,
  sealBox,
  sha256,
} from '../../src/crypto/index.ts';
import { SeededRng } from '../../src/random/index.ts';

describe('sha256', () => {
  it('FIPS 180-4: "abc", in one part or in three', () => {
    const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(toHex(sha256(utf8('abc')))).toBe(expected);
    expect(toHex(sha256(utf8('a'), utf8(''), utf8('bc')))).toBe(expected);
  });
});

describe('hkdfSha256', () => {
  it('gives 32 bytes unless told, and refuses lengths that RFC 5869 excludes', () => {
    const key = new Uint8Array(32);
    expect(hkdfSha256(key, key, utf8('a'))).toHaveLength(32);
    expect(hkdfSha256(key, key, utf8('a'), 8160)).toHaveLength(8160);
    for (const length of [0, -1, 1.5, 8161]) expect(() => hkdfSha256(key, key, key, length)).toThrow(RangeError);
  });
});

describe('boxes', () => {
  it.each(AEADS)('%s seals and opens', (aead) => {
    const key = new Uint8Array(32).fill(3);
    const nonce = new Uint8Array(12);
    const box = sealBox(aead, key, nonce, utf8('share'), utf8('data'));
    expect(box).toHaveLength(5 + BOX_OVERHEAD);
    expect(openBox(aead, key, nonce, box, utf8('data'))).toEqual(utf8('share'));
    expect(openBox(aead, key, nonce.with(11, 1), box, utf8('data'))).toBeUndefined();
    expect(openBox(aead, key.with(0, 1), nonce, box, utf8('data'))).toBeUndefined();
    expect(openBox(aead, key, nonce, box.subarray(0, 3), utf8('data'))).toBeUndefined();
    expect(() => sealBox(aead, key.subarray(1), nonce, box, box)).toThrow(RangeError);
    expect(() => openBox(aead, key, key, box, box)).toThrow(RangeError);
  });
});

describe('keys', () => {
  it('agree, and come from the generator they are given', () => {
    const rng = () => new SeededRng(new Uint8Array(32).fill(5));
    const [a, b] = [AgreementKey.generate(rng()), AgreementKey.generate()];
    expect(toHex(a.agree(b.publicKey))).toBe(toHex(b.agree(a.publicKey)));
    expect(toHex(AgreementKey.generate(rng()).publicKey)).toBe(toHex(a.publicKey));
    expect(() => checkAgreementKey(a.publicKey)).not.toThrow();
    const signer = SigningKey.generate(rng());
    expect(toHex(SigningKey.generate(rng()).publicKey)).toBe(toHex(signer.publicKey));
    expect(() => new AgreementKey(new Uint8Array(31))).toThrow(RangeError);
    expect(() => new SigningKey(new Uint8Array(33))).toThrow(RangeError);
  });

  it('are copied from the bytes given, and wiped', () => {
    const secret = fromHex('01'.repeat(32));
    const key = new AgreementKey(secret);
    secret.fill(0);
    expect(key.expose()[0]).toBe(1);
    key.wipe();
    expect(key.expose().every((byte) => byte === 0)).toBe(true);
  });
});
