// One line a file: key agreement, box, hashes, signatures.
export { AgreementKey, checkAgreementKey } from './agreement.ts';
export { BOX_OVERHEAD, openBox, sealBox } from './box.ts';
export { decryptElements, type ElGamalKeyPair, elgamalKeyPair, encryptMasks, encryptPlan } from './elgamal.ts';
export { hkdfSha256, sha256 } from './hash.ts';
export {
  finalizeItems,
  invertScalar,
  MAXIMUM_PROOF_BATCH,
  type OprfKeyPair,
  oprfKeyPair,
  PROOF_BYTES,
  proveEvaluation,
  verifyEvaluation,
} from './oprf.ts';
export { AEADS, type Aead } from './primitives.ts';
export { integerScalar, randomScalar, randomScalars } from './scalars.ts';
export { checkVerifyKey, SigningKey, verifySignature } from './signature.ts';
