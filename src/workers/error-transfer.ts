import { type TransferHandler, transferHandlers } from 'comlink';
import { ERROR_CODES, ProtocolError } from '../errors.ts';

/**
 * Errors across threads.
 *
 * Structured cloning keeps a few standard classes and drops every property of ours; comlink keeps name, message and stack. What a
 * caller switches over (class, `code`, `phase`, `culprits`, `cause`) must arrive as it left.
 */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  /** of a `ProtocolError`, or a string code of the platform such as `ERR_CRYPTO_INVALID_KEYLEN` */
  readonly code?: string;
  readonly phase?: string | undefined;
  readonly culprits?: readonly string[];
  /** Only errors and plain values travel: an object in `cause` could be anything, and could fail to clone. */
  readonly cause?: { readonly error: WireError } | { readonly value: Plain };
}

type Plain = string | number | boolean | bigint | null;

/** Chains of causes are cut here, so that a chain that bites its own tail ends. */
const MAX_CAUSES = 8;

export function packError(error: Error, depth = 0): WireError {
  const code = (error as { code?: unknown }).code;
  const cause = depth < MAX_CAUSES ? packCause(error.cause, depth) : undefined;
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(typeof code === 'string' ? { code } : {}),
    ...(error instanceof ProtocolError ? { phase: error.phase, culprits: error.culprits } : {}),
    ...(cause === undefined ? {} : { cause }),
  };
}

function packCause(cause: unknown, depth: number): WireError['cause'] {
  if (cause instanceof Error) return { error: packError(cause, depth + 1) };
  return isPlain(cause) ? { value: cause } : undefined;
}

export function unpackError(wire: WireError): Error {
  const error = construct(wire);
  // The worker's stack says where it happened; the one made here would only say where it was unpacked.
  if (wire.stack !== undefined) Object.defineProperty(error, 'stack', { ...HIDDEN, value: wire.stack });
  return error;
}

const HIDDEN = { configurable: true, enumerable: false, writable: true } as const;

const CLASSES: ReadonlyMap<string, ErrorConstructor> = new Map(
  [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError].map((type) => [type.name, type]),
);

function construct(wire: WireError): Error {
  const { name, message, cause } = wire;
  const unpacked = cause === undefined ? undefined : 'error' in cause ? unpackError(cause.error) : cause.value;
  const options = cause === undefined ? {} : { cause: unpacked };
  const code = ERROR_CODES.find((candidate) => candidate === wire.code);
  if (name === 'ProtocolError' && code !== undefined) {
    return new ProtocolError(code, message, {
      ...(wire.phase === undefined ? {} : { phase: wire.phase }),
      culprits: wire.culprits ?? [],
      ...options,
    });
  }
  const type = CLASSES.get(name);
  const error = new (type ?? Error)(message, options);
  if (type === undefined) Object.defineProperty(error, 'name', { ...HIDDEN, value: name });
  if (wire.code !== undefined) Object.assign(error, { code: wire.code });
  return error;
}

function isPlain(value: unknown): value is Plain {
  return value === null || ['string', 'number', 'boolean', 'bigint'].includes(typeof value);
}

/** What comlink wraps a thrown value in, and what its own handler makes of it. */
interface Thrown {
  readonly value: unknown;
}
interface WireThrown {
  readonly isError: boolean;
  readonly value: unknown;
  /** Ours. Absent when the other side has comlink's own handler, which in turn ignores it. */
  readonly error?: WireError;
}

/**
 * Makes comlink's `throw` carry whole errors. comlink has one table of handlers per thread, which an application may use for workers of
 * its own: the messages stay a superset of comlink's, so that either side may have either handler.
 */
export function registerErrorTransfer(): void {
  const existing = transferHandlers.get('throw') as TransferHandler<Thrown, WireThrown> | undefined;
  if (existing === undefined) throw new TypeError('comlink has no `throw` handler');
  if (existing === registered) return;
  registered = {
    canHandle: (value): value is Thrown => existing.canHandle(value),
    serialize: ({ value }) => {
      if (!(value instanceof Error)) return [{ isError: false, value }, []];
      const { name, message, stack } = value;
      return [{ isError: true, value: { name, message, stack }, error: packError(value) }, []];
    },
    deserialize: (thrown) => {
      if (thrown.error === undefined) return existing.deserialize(thrown);
      throw unpackError(thrown.error);
    },
  };
  transferHandlers.set('throw', registered);
}

let registered: TransferHandler<Thrown, WireThrown> | undefined;
