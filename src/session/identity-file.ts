import { formatPublicKey, formatSecretKey, type IdentityKey, parseSecretKey } from './identity.ts';
import { builtin } from './tls.ts';

/** No identity file is longer; a file given by mistake is not read whole. */
const MAXIMUM = 4096;

/** An identity file that cannot be used. The message is one line and says what to do. */
export class IdentityFileError extends Error {
  override readonly name = 'IdentityFileError';
}

/**
 * Writes a new identity file:
 *
 *     # subrosa identity: keep this file secret. Public key: subrosa-public-key-...
 *     subrosa-secret-key-...
 *
 * readable by its owner only (mode 0600), and on the disk when this resolves.
 *
 * @throws {IdentityFileError} when the file exists (it is left as it is) or cannot be written
 */
export async function writeIdentity(path: string, identity: IdentityKey): Promise<void> {
  const { open } = builtin('node:fs/promises');
  const header = `# subrosa identity: keep this file secret. Public key: ${formatPublicKey(identity.publicKey)}`;
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(`${header}\n${formatSecretKey(identity)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      throw new IdentityFileError(
        `${path} exists already and is not overwritten: an identity that is lost cannot be made again`,
      );
    }
    throw new IdentityFileError(`cannot write ${path}: ${reason(error)}`, { cause: error });
  }
}

/**
 * Reads an identity file: empty lines and lines that begin with `#` are skipped, one secret key remains.
 * @throws {IdentityFileError} when there is no such file, others may read it, or it is not an identity file
 */
export async function readIdentity(path: string): Promise<IdentityKey> {
  const { open } = builtin('node:fs/promises');
  let text: string;
  try {
    const file = await open(path, 'r');
    try {
      const { mode } = await file.stat();
      if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
        const found = (mode & 0o777).toString(8);
        throw new IdentityFileError(`${path} can be read by others (mode ${found}): chmod 600 ${path}`);
      }
      const buffer = new Uint8Array(MAXIMUM + 1);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      if (bytesRead > MAXIMUM) throw new IdentityFileError(`${path} is not an identity file: it is too long`);
      text = new TextDecoder().decode(buffer.subarray(0, bytesRead));
      buffer.fill(0);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof IdentityFileError) throw error;
    const hint = codeOf(error) === 'ENOENT' ? 'there is no such file; subrosa keygen makes one' : reason(error);
    throw new IdentityFileError(`cannot read ${path}: ${hint}`, { cause: error });
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (lines.length !== 1) {
    throw new IdentityFileError(
      `${path} is not an identity file: ${lines.length} lines that are no comments, expected 1`,
    );
  }
  try {
    return parseSecretKey(lines[0]!);
  } catch (error) {
    throw new IdentityFileError(`${path}: ${reason(error)}`, { cause: error });
  }
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
