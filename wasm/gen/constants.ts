/** The field and the constants of RFC 9496 section 4.1, computed rather than copied, and checked. */

export const P: bigint = 2n ** 255n - 19n;

export const mod = (x: bigint): bigint => ((x % P) + P) % P;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = mod(result * b);
    b = mod(b * b);
  }
  return result;
}

const invert = (x: bigint): bigint => power(x, P - 2n);

const D = mod(-121665n * invert(121666n));
const SQRT_M1 = power(2n, (P - 1n) / 4n);
const SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235n;
const INVSQRT_A_MINUS_D = 54469307008909316920995813868745141605393597292927456921205312896311721017578n;

if (mod(SQRT_M1 ** 2n) !== P - 1n || SQRT_M1 & 1n) throw new Error('SQRT_M1');
if (mod(SQRT_AD_MINUS_ONE ** 2n) !== mod(-D - 1n)) throw new Error('SQRT_AD_MINUS_ONE');
if (mod(INVSQRT_A_MINUS_D ** 2n * mod(-1n - D)) !== 1n) throw new Error('INVSQRT_A_MINUS_D');

/** The affine generator of edwards25519, RFC 8032 section 5.1. */
const BASE_Y = mod(4n * invert(5n));
const BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202n;
if (mod(-BASE_X * BASE_X + BASE_Y * BASE_Y) !== mod(1n + D * mod(BASE_X * BASE_X) * mod(BASE_Y * BASE_Y)))
  throw new Error('the generator');

/** Name -> field elements that lie one after another in memory. */
export const FIELD_CONSTANTS: Readonly<Record<string, readonly bigint[]>> = {
  ONE: [1n],
  MINUS_ONE: [P - 1n],
  D: [D],
  D2: [mod(2n * D)],
  SQRT_M1: [SQRT_M1],
  SQRT_AD_MINUS_ONE: [SQRT_AD_MINUS_ONE],
  INVSQRT_A_MINUS_D: [INVSQRT_A_MINUS_D],
  ONE_MINUS_D_SQ: [mod(1n - D * D)],
  D_MINUS_ONE_SQ: [mod((D - 1n) ** 2n)],
  // points: X, Y, Z, T
  IDENTITY: [0n, 1n, 1n, 0n],
  GENERATOR: [BASE_X, BASE_Y, 1n, mod(BASE_X * BASE_Y)],
  // the identity as an addend: Y + X, Y - X, 2Z, 2dT
  IDENTITY_ADDEND: [1n, 1n, 2n, 0n],
};
