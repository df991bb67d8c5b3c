import { concatBytes, utf8 } from '../bytes/index.ts';
import type { IdentityKey } from './identity.ts';

/**
 * A self-signed X.509 certificate (RFC 5280) around an Ed25519 identity key (RFC 8410), as DER.
 *
 * Nobody checks its names, dates or signature: TLS 1.3 wants a certificate, and all that counts is the key in it, whose possession the
 * handshake proves. The same key gives the same bytes.
 */
export function identityCertificate(identity: IdentityKey): Uint8Array {
  const name = sequence(set(sequence(COMMON_NAME, tlv(0x0c, utf8('subrosa')))));
  const body = sequence(
    tlv(0xa0, integer(2)), // version 3
    integer(1), // serial number
    ED25519,
    name, // issuer
    // RFC 5280, section 4.1.2.5: a certificate without an end is valid until 99991231235959Z.
    sequence(tlv(0x17, utf8('700101000000Z')), tlv(0x18, utf8('99991231235959Z'))),
    name, // subject
    sequence(ED25519, bits(identity.publicKey)),
  );
  return sequence(body, ED25519, bits(identity.sign(body)));
}

/** The secret key as PKCS #8 (RFC 8410, section 7). The caller clears it. */
export function identityPkcs8(identity: IdentityKey): Uint8Array {
  return sequence(integer(0), ED25519, tlv(0x04, tlv(0x04, identity.expose())));
}

/** AlgorithmIdentifier id-Ed25519, 1.3.101.112. */
const ED25519 = sequence(tlv(0x06, Uint8Array.of(0x2b, 0x65, 0x70)));
/** id-at-commonName, 2.5.4.3. */
const COMMON_NAME = tlv(0x06, Uint8Array.of(0x55, 0x04, 0x03));

/** Tag, length, value. Lengths below 65,536. */
function tlv(tag: number, ...values: readonly Uint8Array[]): Uint8Array {
  const value = concatBytes(...values);
  const { length } = value;
  const long = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.of(tag, ...long), value);
}

function sequence(...values: readonly Uint8Array[]): Uint8Array {
  return tlv(0x30, ...values);
}

function set(value: Uint8Array): Uint8Array {
  return tlv(0x31, value);
}

/** 0 .. 127. */
function integer(value: number): Uint8Array {
  return tlv(0x02, Uint8Array.of(value));
}

/** A bit string of whole bytes. */
function bits(value: Uint8Array): Uint8Array {
  return tlv(0x03, Uint8Array.of(0), value);
}
