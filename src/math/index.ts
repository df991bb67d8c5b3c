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
