import { ProtocolError } from '../../../errors.ts';

/**
 * The three protocol-buffer messages of OpenMined PSI 2.x (psi.proto), encoded canonically and decoded strictly: unknown fields, wrong wire
 * types, repeated scalars, over-long varints and bytes left over are `malformed`.
 *
 *     Request     { bool reveal_intersection = 1; repeated bytes encrypted_elements = 2; }
 *     Response    { repeated bytes encrypted_elements = 1; }
 *     ServerSetup { oneof { Raw raw = 1; Gcs gcs = 2; Bloom bloom_filter = 3; } }
 *     Raw         { repeated bytes encrypted_elements = 1; }
 *     Gcs         { int32 div = 1; int64 hash_range = 2; bytes bits = 3; }
 *     Bloom       { int32 num_hash_functions = 1; bytes bits = 2; }
 */
export interface Request {
  readonly revealIntersection: boolean;
  readonly elements: readonly Uint8Array[];
}

export type ServerSetup =
  | { readonly kind: 'raw'; readonly elements: readonly Uint8Array[] }
  | { readonly kind: 'gcs'; readonly div: number; readonly hashRange: bigint; readonly bits: Uint8Array }
  | { readonly kind: 'bloom'; readonly hashFunctions: number; readonly bits: Uint8Array };

const VARINT = 0;
const BYTES = 2;

export function encodeRequest({ revealIntersection, elements }: Request): Uint8Array {
  const out = new ProtoWriter();
  if (revealIntersection) out.varint(1, 1n);
  for (const element of elements) out.bytes(2, element);
  return out.finish();
}

export function decodeRequest(bytes: Uint8Array, maximumElements: number): Request {
  const elements: Uint8Array[] = [];
  let reveal: bigint | undefined;
  for (const field of fields(bytes, 'Request')) {
    if (field.number === 1 && reveal === undefined) reveal = field.varint(0n, 1n);
    else if (field.number === 2) push(elements, field.bytes(), maximumElements, 'Request');
    else field.refuse();
  }
  return { revealIntersection: reveal === 1n, elements };
}

export function encodeResponse(elements: readonly Uint8Array[]): Uint8Array {
  const out = new ProtoWriter();
  for (const element of elements) out.bytes(1, element);
  return out.finish();
}

export function decodeResponse(bytes: Uint8Array, maximumElements: number): Uint8Array[] {
  const elements: Uint8Array[] = [];
  for (const field of fields(bytes, 'Response')) {
    if (field.number === 1) push(elements, field.bytes(), maximumElements, 'Response');
    else field.refuse();
  }
  return elements;
}

export function encodeServerSetup(setup: ServerSetup): Uint8Array {
  const inner = new ProtoWriter();
  if (setup.kind === 'raw') {
    for (const element of setup.elements) inner.bytes(1, element);
    return new ProtoWriter().bytes(1, inner.finish()).finish();
  }
  if (setup.kind === 'gcs') {
    if (setup.div !== 0) inner.varint(1, BigInt(setup.div));
    if (setup.hashRange !== 0n) inner.varint(2, setup.hashRange);
    if (setup.bits.length > 0) inner.bytes(3, setup.bits);
    return new ProtoWriter().bytes(2, inner.finish()).finish();
  }
  if (setup.hashFunctions !== 0) inner.varint(1, BigInt(setup.hashFunctions));
  if (setup.bits.length > 0) inner.bytes(2, setup.bits);
  return new ProtoWriter().bytes(3, inner.finish()).finish();
}

export function decodeServerSetup(bytes: Uint8Array, maximumElements: number): ServerSetup {
  const [field, ...rest] = [...fields(bytes, 'ServerSetup')];
  if (field === undefined || rest.length > 0) {
    throw new ProtocolError(
      'malformed',
      `ServerSetup: found ${rest.length + (field ? 1 : 0)} data structures, expected 1`,
    );
  }
  const body = field.bytes();
  if (field.number === 1) return decodeRaw(body, maximumElements);
  if (field.number === 2) return decodeGcs(body);
  if (field.number === 3) return decodeBloom(body);
  return field.refuse();
}

function decodeRaw(body: Uint8Array, maximumElements: number): ServerSetup {
  const elements: Uint8Array[] = [];
  for (const field of fields(body, 'ServerSetup.raw')) {
    if (field.number === 1) push(elements, field.bytes(), maximumElements, 'ServerSetup.raw');
    else field.refuse();
  }
  return { kind: 'raw', elements };
}

function decodeGcs(body: Uint8Array): ServerSetup {
  let div: bigint | undefined;
  let hashRange: bigint | undefined;
  let bits: Uint8Array | undefined;
  for (const field of fields(body, 'ServerSetup.gcs')) {
    if (field.number === 1 && div === undefined) div = field.varint(0n, 62n);
    else if (field.number === 2 && hashRange === undefined) hashRange = field.varint(0n, 2n ** 63n - 1n);
    else if (field.number === 3 && bits === undefined) bits = field.bytes();
    else field.refuse();
  }
  return { kind: 'gcs', div: Number(div ?? 0n), hashRange: hashRange ?? 0n, bits: bits ?? new Uint8Array(0) };
}

function decodeBloom(body: Uint8Array): ServerSetup {
  let functions: bigint | undefined;
  let bits: Uint8Array | undefined;
  for (const field of fields(body, 'ServerSetup.bloom_filter')) {
    if (field.number === 1 && functions === undefined) functions = field.varint(0n, 1024n);
    else if (field.number === 2 && bits === undefined) bits = field.bytes();
    else field.refuse();
  }
  return { kind: 'bloom', hashFunctions: Number(functions ?? 0n), bits: bits ?? new Uint8Array(0) };
}

function push(elements: Uint8Array[], element: Uint8Array, maximum: number, what: string): void {
  if (elements.length === maximum) throw new ProtocolError('policy', `${what}: more than ${maximum} elements`);
  elements.push(element);
}

interface Field {
  readonly number: number;
  /** The value of a varint field, refused outside least .. most. */
  varint(least: bigint, most: bigint): bigint;
  /** The value of a length-delimited field, a view. */
  bytes(): Uint8Array;
  refuse(): never;
}

function* fields(bytes: Uint8Array, what: string): Generator<Field> {
  let at = 0;
  const malformed = (text: string): never => {
    throw new ProtocolError('malformed', `${what}: ${text}`);
  };
  const varint = (): bigint => {
    let value = 0n;
    for (let i = 0n; i < 10n; i++) {
      if (at >= bytes.length) malformed('a number is cut off');
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << (7n * i);
      if (byte < 0x80) {
        if (byte === 0 && i > 0n) malformed('a number that is longer than it needs to be');
        return value < 2n ** 64n ? value : malformed('a number above 2^64');
      }
    }
    return malformed('a number of more than 10 bytes');
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = tag >> 3n > 2n ** 29n ? malformed('a field number above 2^29') : Number(tag >> 3n);
    const type = Number(tag & 7n);
    let integer: bigint | undefined;
    let value: Uint8Array | undefined;
    if (type === VARINT) integer = varint();
    else if (type === BYTES) {
      const length = varint();
      if (length > BigInt(bytes.length - at)) malformed(`a field of ${length} bytes, ${bytes.length - at} are left`);
      value = bytes.subarray(at, at + Number(length));
      at += Number(length);
    } else malformed(`wire type ${type} in field ${number}`);
    yield {
      number,
      varint(least, most) {
        if (integer === undefined) return malformed(`field ${number} is not a number`);
        if (integer < least || integer > most)
          return malformed(`field ${number} is ${integer}, expected ${least} .. ${most}`);
        return integer;
      },
      bytes: () => value ?? malformed(`field ${number} is a number, expected bytes`),
      refuse: () => malformed(`unexpected or repeated field ${number}`),
    };
  }
}

class ProtoWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  varint(field: number, value: bigint): this {
    return this.#raw(BigInt(8 * field + VARINT)).#raw(value);
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#raw(BigInt(8 * field + BYTES))
      .#raw(BigInt(value.length))
      .#append(value);
  }

  #raw(value: bigint): this {
    const out: number[] = [];
    let rest = value;
    do {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      out.push(rest > 0n ? low | 0x80 : low);
    } while (rest > 0n);
    return this.#append(Uint8Array.from(out));
  }

  #append(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return this;
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}
