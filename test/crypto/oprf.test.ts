import { ristretto255_oprf } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex, utf8 } from '../../src/bytes/index.ts';
import { finalizeItems, invertScalar, oprfKeyPair, proveEvaluation, verifyEvaluation } from '../../src/crypto/index.ts';
import { curve, type Items, runPointPlan } from '../../src/kernels/index.ts';
import { SeededRng } from '../../src/random/index.ts';

const rng = new SeededRng(new Uint8Array(32).fill(9));

function items(...parts: Uint8Array[]): Items {
  const offsets = new Uint32Array(parts.length + 1);
  for (const [i, part] of parts.entries()) offsets[i + 1] = offsets[i]! + part.length;
  return { data: concatBytes(...parts), offsets };
}

/** RFC 9497 appendix A.1.2: VOPRF mode, ristretto255-SHA512. */
describe('VOPRF of RFC 9497, ristretto255-SHA512', () => {
  it('agrees with another implementation on every step', () => {
    const { voprf } = ristretto255_oprf;
    const key = oprfKeyPair(rng);
    const inputs = [utf8('ada@example.org'), Uint8Array.of(0), new Uint8Array(17).fill(0x5a)];
    const blinds = inputs.map((input) => voprf.blind(input));
    const blinded = concatBytes(...blinds.map(({ blinded }) => blinded));
    const evaluated = curve().multiply(blinded, key.secretKey);
    const proof = proveEvaluation(key, blinded, evaluated);
    verifyEvaluation(key.publicKey, blinded, evaluated, proof);
    const outputs = voprf.finalizeBatch(
      inputs.map((input, i) => ({
        input,
        blind: blinds[i]!.blind,
        blinded: blinds[i]!.blinded,
        evaluated: evaluated.slice(32 * i, 32 * i + 32),
      })),
      key.publicKey,
      proof,
    );
    // Ours, blinding by one scalar for the whole batch.
    const scalar = oprfKeyPair(rng).secretKey;
    const mine = runPointPlan({ op: 'blind', items: items(...inputs), scalar, mode: 'voprf' });
    const unblinded = curve().multiply(curve().multiply(mine, key.secretKey), invertScalar(scalar));
    expect(toHex(finalizeItems(items(...inputs), unblinded))).toBe(outputs.map(toHex).join(''));
  });

  it('refuses proofs for another key, another element or other bytes', () => {
    const key = oprfKeyPair(rng);
    const other = oprfKeyPair(rng);
    const blinded = curve().multiplyBase(concatBytes(other.secretKey, key.secretKey));
    const evaluated = curve().multiply(blinded, key.secretKey);
    const proof = proveEvaluation(key, blinded, evaluated);
    expect(() => verifyEvaluation(other.publicKey, blinded, evaluated, proof)).toThrow(/announced key/);
    const swapped = concatBytes(evaluated.subarray(32), evaluated.subarray(0, 32));
    expect(() => verifyEvaluation(key.publicKey, blinded, swapped, proof)).toThrow(/announced key/);
    for (const at of [0, 31, 32, 63]) {
      const wrong = proof.slice();
      wrong[at]! ^= 1;
      expect(() => verifyEvaluation(key.publicKey, blinded, evaluated, wrong), `byte ${at}`).toThrow(/announced key/);
    }
    expect(() => verifyEvaluation(key.publicKey, blinded, evaluated, new Uint8Array(64).fill(255))).toThrow(
      /announced key/,
    );
    expect(() => verifyEvaluation(key.publicKey, blinded, evaluated, proof.subarray(1))).toThrow(RangeError);
  });

  it('inverts scalars', () => {
    const { secretKey, publicKey } = oprfKeyPair(rng);
    expect(toHex(curve().multiply(publicKey, invertScalar(secretKey)))).toBe(
      toHex(curve().multiplyBase(fromHex(`01${'00'.repeat(31)}`))),
    );
  });
});
