export type {
  Decoded,
  EncodeOptions,
  Encoding,
  EncodingDescription,
  Rounding,
  Shape,
  Update,
  VectorCodec,
} from './encoding.ts';
export { type FixedPointOptions, fixedPoint } from './fixed-point.ts';
export { rotatedBound } from './rotation.ts';
