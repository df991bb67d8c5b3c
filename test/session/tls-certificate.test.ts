import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/bytes/index.ts';
import { IdentityKey } from '../../src/session/index.ts';
import { identityCertificate, identityPkcs8 } from '../../src/session/tls-certificate.ts';

/** RFC 8032, section 7.1, test 1; RFC 8410, section 10.3 gives the key's DER for its own key. */
const SEED = fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');

describe('the certificate of an identity', () => {
  const identity = new IdentityKey(SEED);
  const der = identityCertificate(identity);

  it('is X.509 with the identity key, signed by it', () => {
    const certificate = new X509Certificate(der);
    const { x } = certificate.publicKey.export({ format: 'jwk' });
    expect(Buffer.from(x!, 'base64url')).toEqual(Buffer.from(identity.publicKey));
    expect(certificate.publicKey.asymmetricKeyType).toBe('ed25519');
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.subject).toBe('CN=subrosa');
    expect(certificate.validTo).toContain('9999');
  });

  it('is the same every time', () => {
    expect(toHex(identityCertificate(new IdentityKey(SEED)))).toBe(toHex(der));
  });

  it('comes with the key as RFC 8410 has it', () => {
    const rfc8410 = new IdentityKey(fromHex('d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842'));
    expect(Buffer.from(identityPkcs8(rfc8410)).toString('base64')).toBe(
      'MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC',
    );
  });
});
