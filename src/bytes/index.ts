export { concatBytes, equalBytes, fromHex, fromUtf8, toHex, utf8 } from './bytes.ts';
export { Reader } from './reader.ts';
export { Writer } from './writer.ts';
