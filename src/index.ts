export { ERROR_CODES, type ErrorCode, ProtocolError, type ProtocolErrorOptions } from './errors.ts';
