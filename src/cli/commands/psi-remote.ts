import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import {
  IdentityFileError,
  type IdentityKey,
  parsePublicKey,
  parseServerUrl,
  readIdentity,
} from '../../session/index.ts';
import { integer } from '../options.ts';
import { collect, type InputSpec } from '../psi/collect.ts';
import { Ledger } from '../psi/ledger.ts';
import { keyRule } from '../psi/normalise.ts';
import { Offer } from '../psi/offer.ts';
import { checkOutput, deliver } from '../psi/output.ts';
import { readPolicy } from '../psi/policy.ts';
import { runAsk } from '../psi/run.ts';
import { watch } from '../psi/watch.ts';
import { Failure, type Terminal, UsageError } from '../terminal.ts';
import { type AskedOptions, asking, MOST_WORKERS, NOTES, OVERWRITE, queryOf, shared } from './psi-options.ts';

const PATIENCE = 600;

interface RemoteOptions {
  readonly input: string;
  readonly key: string;
  readonly normalise: string;
  readonly delimiter?: string;
  readonly memory?: number;
  readonly identity: string;
  readonly peerKey: readonly string[];
  readonly workers: number;
  readonly patience: number;
  readonly out?: string;
  readonly overwrite?: true;
  readonly json?: true;
}

function remote(command: Command): Command {
  return shared(command)
    .requiredOption('--input <file>', 'CSV or Parquet of this side')
    .requiredOption('--key <columns>', 'its key column, or several with commas')
    .requiredOption('--identity <file>', 'of this side, made by `subrosa keygen`')
    .addOption(
      new Option('--peer-key <key>', 'public key of the other side; offer takes several, each with --peer-key')
        .argParser((key: string, keys: string[] = []) => [...keys, key])
        .makeOptionMandatory(),
    )
    .addOption(new Option('--workers <n>', 'threads').default(defaultWorkers()).argParser(integer(1, MOST_WORKERS)))
    .addOption(
      new Option('--patience <seconds>', 'to wait for each message of the other side')
        .default(PATIENCE)
        .argParser(integer(1, 86_400)),
    );
}

function defaultWorkers(): number {
  return Math.max(1, Math.min(16, availableParallelism()));
}

export function runCommand(terminal: Terminal, version: string): Command {
  const command = new Command('run')
    .summary('ask a party that runs psi offer')
    .description('The left side: brings its list to a party that runs `psi offer` and learns the result.')
    .requiredOption('--peer <url>', 'wss://HOST:PORT');
  return remote(asking(command))
    .addOption(
      new Option(
        '--value-bits <n>',
        'sum: the largest value has this many bits; default: as many as can be summed',
      ).argParser(integer(1, 32)),
    )
    .addOption(new Option('--wait <seconds>', 'for the peer to be there').default(0).argParser(integer(0, 86_400)))
    .addHelpText('after', NOTES)
    .action((options: RunOptions) => run(options, terminal, version));
}

interface RunOptions extends RemoteOptions, AskedOptions {
  readonly peer: string;
  readonly valueBits?: number;
  readonly wait: number;
  readonly out?: string;
  readonly delimiter?: string;
  readonly normalise: string;
  readonly json?: true;
}

async function run(options: RunOptions, terminal: Terminal, version: string): Promise<void> {
  const query = queryOf(options);
  if (options.valueBits !== undefined && query.reveal !== 'sum') {
    throw new UsageError(`--value-bits goes with --reveal sum, found ${query.reveal}`);
  }
  checkAddress(options.peer);
  const [peerKey, more] = publicKeys(options.peerKey);
  if (more !== undefined) throw new UsageError('--peer-key is given twice, expected the one key of the peer');
  const identity = await ownIdentity(options.identity);
  await checkOutput(options);
  const shown = watch(terminal, 'left');
  try {
    const { workers, wait, patience } = options;
    const bits = options.valueBits === undefined ? {} : { valueBits: options.valueBits };
    const spec = {
      input: inputOf(options),
      query,
      url: options.peer,
      identity,
      peerKey: peerKey!,
      workers,
      wait,
      patience,
    };
    const result = await runAsk({ ...spec, ...bits }, version, terminal.signal, shown);
    shown.end();
    try {
      const own = result.rows && { table: result.input.table, rows: result.rows };
      await deliver(result.summary, options, terminal, own ? { own } : {});
    } finally {
      await result.input.close();
    }
  } finally {
    shown.end();
  }
}

interface OfferOptions extends RemoteOptions {
  readonly value?: string;
  readonly listen: string;
  readonly policy: string;
  readonly once?: true;
}

export function offerCommand(terminal: Terminal, version: string): Command {
  const command = new Command('offer')
    .summary('answer queries within a policy')
    .description(
      'The right side: keeps a list, answers `psi run` of the peers named by --peer-key within its policy, and learns nothing but how many ' +
        'identifiers they bring. Runs until Ctrl-C.',
    )
    .requiredOption('--listen <host:port>', 'where to wait for peers')
    .requiredOption(
      '--policy <file>',
      'YAML: what may be asked, how often, from how many users on, with what noise (docs/spec/psi.md, "Policy")',
    )
    .option('--value <column>', 'what sum adds up, what frequency takes as the number of exposures');
  return remote(command)
    .option('--once', 'end after the first query that was answered')
    .option('--out <folder>', 'write the last result there')
    .option('--overwrite', OVERWRITE)
    .addHelpText('after', NOTES)
    .action((options: OfferOptions) => offer(options, terminal, version));
}

async function offer(options: OfferOptions, terminal: Terminal, version: string): Promise<void> {
  const { host, port } = address(options.listen);
  const policy = await readPolicy(options.policy);
  const peers = publicKeys(options.peerKey);
  const identity = await ownIdentity(options.identity);
  await checkOutput(options);
  const shown = watch(terminal, 'right');
  const asksValues = policy.reveals.some((reveal) => reveal === 'sum' || reveal === 'frequency');
  if (policy.reveals.includes('sum') && options.value === undefined) {
    throw new UsageError('the policy offers sum, which needs --value COLUMN');
  }
  const value = options.value === undefined ? ('rows' as const) : { column: options.value };
  const spec = { ...inputOf(options), ...(asksValues && { value }) };
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  terminal.signal.addEventListener('abort', finish, { once: true });
  const ledger = await Ledger.open(policy.ledger);
  try {
    const input = await collect(spec, { signal: terminal.signal, onRows: (rows) => shown.rows('right', rows) });
    try {
      const running = new Offer({
        ...{ input, spec, policy, ledger, identity, peers, host, port, version },
        workers: options.workers,
        patience: options.patience,
        watch: shown,
        signal: terminal.signal,
        onResult: async (summary, rows) => {
          shown.end();
          await deliver(summary, options, terminal, rows ? { own: { table: input.table, rows } } : {});
          if (options.once) finish();
        },
      });
      const url = await running.listen();
      shown.event({ event: 'listening', url }, `listening on ${url}`);
      await finished;
      await running.close();
    } finally {
      await input.close();
    }
  } finally {
    await ledger.close();
    shown.end();
  }
  terminal.signal.throwIfAborted();
}

function inputOf(options: RemoteOptions): InputSpec {
  const { delimiter, memory } = options;
  return {
    path: options.input,
    key: keyRule(options.key, options.normalise),
    ...(delimiter !== undefined && { delimiter }),
    ...(memory !== undefined && { memoryBytes: memory * 2 ** 20 }),
  };
}

function publicKeys(texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => {
    try {
      return parsePublicKey(text);
    } catch (error) {
      throw new UsageError(`--peer-key: ${(error as Error).message}`, '`subrosa keygen` prints it on the other side');
    }
  });
}

async function ownIdentity(path: string): Promise<IdentityKey> {
  try {
    return await readIdentity(path);
  } catch (error) {
    if (error instanceof IdentityFileError) throw new Failure(error.message, '`subrosa keygen` makes an identity');
    throw error;
  }
}

function checkAddress(url: string): void {
  try {
    parseServerUrl(url);
  } catch (error) {
    throw new UsageError(`--peer ${JSON.stringify(url)}: ${(error as Error).message}`);
  }
}

/** `HOST:PORT`, `:PORT`, `[::1]:PORT` */
function address(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) throw new UsageError(`--listen ${JSON.stringify(text)}: expected HOST:PORT`);
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}
