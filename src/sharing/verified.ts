import { ProtocolError } from '../errors.ts';

/** Anything that turns shares into a secret: {@link ByteInterpolator}, {@link FieldInterpolator}. */
export interface Interpolator<Share, Secret> {
  combine(shares: readonly Share[]): Secret;
}

/**
 * Reconstructs a secret and checks it against what is publicly known of it (its public key, its commitment) before anybody uses it:
 * Shamir's scheme alone does not notice a wrong share.
 * @param verify true when the secret belongs to the public value; must not keep the secret
 * @throws {ProtocolError} `key-mismatch` when it does not; `bad-share` as the interpolator
 */
export function reconstructVerified<Share, Secret>(
  interpolator: Interpolator<Share, Secret>,
  shares: readonly Share[],
  verify: (secret: Secret) => boolean,
): Secret {
  const secret = interpolator.combine(shares);
  if (!verify(secret)) {
    if (secret instanceof Uint8Array) secret.fill(0);
    throw new ProtocolError(
      'key-mismatch',
      'the reconstructed secret does not match its public value: a share is wrong',
    );
  }
  return secret;
}
