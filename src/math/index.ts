export { type GaloisElement, GaloisRing } from './galois-ring.ts';
export { hadamard } from './hadamard.ts';
export { packVector, unpackVector } from './pack-vector.ts';
export { evaluate, lagrangeCoefficients } from './polynomial.ts';
export { ed25519ScalarField, PrimeField } from './prime-field.ts';
export {
  addInto,
  checkBits,
  checkVector,
  copyVector,
  type RingVector,
  reduce,
  subtractFrom,
  zeroVector,
} from './ring-vector.ts';
