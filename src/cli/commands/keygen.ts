import { Command, Option } from 'commander';
import { formatPublicKey, IdentityFileError, IdentityKey, writeIdentity } from '../../session/index.ts';
import { Failure, type Terminal } from '../terminal.ts';

const DEFAULT_FILE = 'subrosa-identity.txt';

interface KeygenOptions {
  readonly out: string;
  readonly json?: true;
}

export function keygenCommand(terminal: Terminal): Command {
  return new Command('keygen')
    .summary('make an identity for talking to other machines')
    .description(
      'Makes an Ed25519 identity. The secret goes into a file that only you can read; the public key is printed, for the others to pin. Exchange ' +
        'public keys over a channel you trust: who holds the other half of a pinned key is who you talk to.',
    )
    .addOption(
      new Option('--out <file>', 'where the secret goes; an existing file is never overwritten').default(DEFAULT_FILE),
    )
    .option('--json', 'print one JSON object')
    .action((options: KeygenOptions) => keygen(options, terminal));
}

async function keygen({ out, json }: KeygenOptions, terminal: Terminal): Promise<void> {
  const identity = IdentityKey.generate();
  try {
    await writeIdentity(out, identity);
  } catch (error) {
    if (error instanceof IdentityFileError) throw new Failure(error.message, '--out FILE writes another file');
    throw error;
  }
  const publicKey = formatPublicKey(identity.publicKey);
  terminal.stdout.write(json ? `${JSON.stringify({ publicKey, file: out })}\n` : `${publicKey}\n`);
  if (!json && terminal.stderr.isTTY) terminal.stderr.write(`subrosa: the secret key is in ${out}; keep it there\n`);
}
