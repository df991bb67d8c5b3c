import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { checkVerifyKey } from '../crypto/index.ts';
import { ProtocolError } from '../errors.ts';
import type { IdentityKey } from './identity.ts';
import { identityCertificate, identityPkcs8 } from './tls-certificate.ts';

interface Builtins {
  'node:crypto': typeof import('node:crypto');
  'node:events': typeof import('node:events');
  'node:fs/promises': typeof import('node:fs/promises');
  'node:http': typeof import('node:http');
  'node:net': typeof import('node:net');
  'node:tls': typeof import('node:tls');
}

/**
 * A module of Node, looked up when it is needed, so that this room loads in a browser.
 * @throws {TypeError} outside Node
 */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  const found = globalThis.process?.getBuiltinModule?.(name) as Builtins[Name] | undefined;
  if (found === undefined) throw new TypeError(`${name} is needed, which this platform does not have`);
  return found;
}

/** TLS 1.3 with the identity key's own certificate. No session tickets: every connection proves both identities again. */
export function identityCredentials(identity: IdentityKey): SecureContextOptions {
  const { constants, createPrivateKey } = builtin('node:crypto');
  const der = identityPkcs8(identity);
  const pem = createPrivateKey({ key: Buffer.from(der.buffer, 0, der.length), format: 'der', type: 'pkcs8' }).export({
    format: 'pem',
    type: 'pkcs8',
  });
  der.fill(0);
  return {
    key: pem,
    cert: `-----BEGIN CERTIFICATE-----\n${Buffer.from(identityCertificate(identity)).toString('base64')}\n-----END CERTIFICATE-----\n`,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

/**
 * The identity key that the peer of a finished handshake has proved to hold: the key of its certificate, under which TLS 1.3 verified the
 * CertificateVerify signature over the whole handshake.
 *
 * @throws {ProtocolError} `bad-key` when it showed no certificate or one with a key of another kind
 */
export function peerIdentity(socket: TLSSocket): Uint8Array {
  if (socket.getProtocol() !== 'TLSv1.3') {
    throw new ProtocolError('bad-key', `the peer speaks ${socket.getProtocol() ?? 'no TLS'}, expected TLSv1.3`);
  }
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw new ProtocolError('bad-key', 'the peer showed no certificate');
  const { publicKey } = certificate;
  const { asymmetricKeyType } = publicKey;
  if (asymmetricKeyType !== 'ed25519') {
    throw new ProtocolError('bad-key', `a certificate with a key of kind ${asymmetricKeyType}, expected ed25519`);
  }
  const key = Uint8Array.from(Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url'));
  checkVerifyKey(key);
  return key;
}
