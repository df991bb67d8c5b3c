export { hadamard } from './hadamard.ts';
export { packVector, unpackVector } from './pack-vector.ts';
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
