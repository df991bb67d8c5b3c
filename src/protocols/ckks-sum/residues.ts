import { addResidues } from '../../kernels/index.ts';

/** The sum of polynomials of residues, one or more. */
export function sumShares(
  shares: readonly BigUint64Array[],
  primes: readonly bigint[],
  degree: number,
): BigUint64Array {
  const total = new BigUint64Array(primes.length * degree);
  for (const share of shares) addResidues(total, share, primes, degree);
  return total;
}
