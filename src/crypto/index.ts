// One line a file: key agreement, box, hashes, signatures.
export { AgreementKey, checkAgreementKey } from './agreement.ts';
export { BOX_OVERHEAD, openBox, sealBox } from './box.ts';
export { hkdfSha256, sha256 } from './hash.ts';
export { AEADS, type Aead } from './primitives.ts';
export { checkVerifyKey, SigningKey, verifySignature } from './signature.ts';
