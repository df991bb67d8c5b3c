import { fma51 } from './fma51.ts';
import { int25 } from './int25.ts';

/** The two curve binaries are the same sources over two fields: `assembly/curve/field.ts` is written here. */
export const curveField = {
  fma: (): ReadonlyMap<string, string> => new Map([['assembly/curve/field.ts', fma51()]]),
  extmul: (): ReadonlyMap<string, string> => new Map([['assembly/curve/field.ts', int25()]]),
};
