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

/** RFC 9497 appendix A.1, ristretto255-SHA512: seed a3 (32 times), key info "test key". Blinds and scalars are little endian. */
const BLIND = '64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706';
const OTHER_BLIND = '222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e';
const INPUTS = ['00', '5a'.repeat(17)];

interface Vector {
  readonly name: string;
  readonly mode: 'oprf' | 'voprf';
  readonly inputs: readonly string[];
  readonly blinds: readonly string[];
  readonly blinded: readonly string[];
  readonly evaluated: readonly string[];
  readonly outputs: readonly string[];
  readonly proof?: string;
  readonly proofScalar?: string;
}

const OPRF_OUTPUTS = [
  '527759c3d9366f277d8c6020418d96bb393ba2afb20ff90df23fb7708264e2f3ab9135e3bd69955851de4b1f9fe8a0973396719b7912ba9ee8aa7d0b5e24bcf6',
  'f4a74c9c592497375e796aa837e907b1a045d34306a749db9f34221f7e750cb4f2a6413a6bf6fa5e19ba6348eb673934a722a7ede2e7621306d18951e7cf2c73',
];
const VOPRF_OUTPUTS = [
  'b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7da4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c',
  '8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6',
];
const SECRET_KEYS = {
  oprf: '5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e',
  voprf: 'e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909',
};
const PUBLIC_KEY = 'c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e';

const VECTORS: readonly Vector[] = [
  {
    name: 'A.1.1.1, OPRF mode, test vector 1',
    mode: 'oprf',
    inputs: [INPUTS[0]!],
    blinds: [BLIND],
    blinded: ['609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c'],
    evaluated: ['7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e'],
    outputs: [OPRF_OUTPUTS[0]!],
  },
  {
    name: 'A.1.1.2, OPRF mode, test vector 2',
    mode: 'oprf',
    inputs: [INPUTS[1]!],
    blinds: [BLIND],
    blinded: ['da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418'],
    evaluated: ['b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25'],
    outputs: [OPRF_OUTPUTS[1]!],
  },
  {
    name: 'A.1.2.1, VOPRF mode, test vector 1',
    mode: 'voprf',
    inputs: [INPUTS[0]!],
    blinds: [BLIND],
    blinded: ['863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945'],
    evaluated: ['aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e'],
    proof:
      'ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd066d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d',
    proofScalar: OTHER_BLIND,
    outputs: [VOPRF_OUTPUTS[0]!],
  },
  {
    name: 'A.1.2.2, VOPRF mode, test vector 2',
    mode: 'voprf',
    inputs: [INPUTS[1]!],
    blinds: [BLIND],
    blinded: ['cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c'],
    evaluated: ['60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468'],
    proof:
      '401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02',
    proofScalar: OTHER_BLIND,
    outputs: [VOPRF_OUTPUTS[1]!],
  },
  {
    name: 'A.1.2.3, VOPRF mode, test vector 3, a batch of two',
    mode: 'voprf',
    inputs: INPUTS,
    blinds: [BLIND, OTHER_BLIND],
    blinded: [
      '863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945',
      '90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654',
    ],
    evaluated: [
      'aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e',
      'cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a',
    ],
    proof:
      'cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08',
    proofScalar: '419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c',
    outputs: VOPRF_OUTPUTS,
  },
];

describe('RFC 9497 appendix A.1, ristretto255-SHA512', () => {
  it.each(VECTORS)('$name', ({ mode, inputs, blinds, blinded, evaluated, outputs, proof, proofScalar }) => {
    const secretKey = fromHex(SECRET_KEYS[mode]);
    const publicKey = curve().multiplyBase(secretKey);
    if (mode === 'voprf') expect(toHex(publicKey)).toBe(PUBLIC_KEY);
    const elements = blinds.map((blind, i) =>
      runPointPlan({ op: 'blind', items: items(fromHex(inputs[i]!)), scalar: fromHex(blind), mode }),
    );
    expect(elements.map(toHex)).toEqual(blinded);
    const sent = concatBytes(...elements);
    const answered = curve().multiply(sent, secretKey);
    expect(toHex(answered)).toBe(evaluated.join(''));
    if (proof !== undefined) {
      expect(toHex(proveEvaluation({ secretKey, publicKey }, sent, answered, fromHex(proofScalar!)))).toBe(proof);
      verifyEvaluation(publicKey, sent, answered, fromHex(proof));
    }
    const unblinded = blinds.map((blind, i) =>
      curve().multiply(answered.slice(32 * i, 32 * i + 32), invertScalar(fromHex(blind))),
    );
    const finished = finalizeItems(items(...inputs.map(fromHex)), concatBytes(...unblinded));
    expect(toHex(finished)).toBe(outputs.join(''));
  });
});
