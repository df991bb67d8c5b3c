import { Command, Option } from 'commander';
import { REVEALS, type Reveal } from '../../protocols/psi/index.ts';
import { integer } from '../options.ts';
import { runLocal } from '../psi/local.ts';
import { localChild } from '../psi/local-child.ts';
import { checkOutput, deliver } from '../psi/output.ts';
import { parseBuckets } from '../psi/parameters.ts';
import { parseDelimiter } from '../psi/table.ts';
import { watch } from '../psi/watch.ts';
import { type Terminal, UsageError } from '../terminal.ts';

const MOST_WORKERS = 64;
const DEFAULT_BUCKETS = '1,2,3,5,10';

const NOTES = `
Identifiers are compared after --normalise; rows with equal ones count once (their values are added up). An empty value cell is 0;
without --value every row counts 1. Values are whole numbers: give money in cents.

Exit code: 0 done, 1 failed or refused, 2 wrong usage, 130 interrupted
`;

export function psiCommand(terminal: Terminal, version: string): Command {
  return new Command('psi')
    .summary('overlap of two lists that nobody may see')
    .description(
      'Private set intersection: an advertiser and a publisher learn who, how many, what sum or how often, over the people in both lists, and ' +
        'nothing about the others.',
    )
    .addCommand(localCommand(terminal, version))
    .addCommand(
      new Command('local-right-side').action(() => localChild(terminal.signal)),
      { hidden: true },
    );
}

/** Options that every form of the command shares. */
export function shared(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--normalise <rules>',
        'email, exact or phone:COUNTRY; one for all key columns, or one for each',
      ).default('exact'),
    )
    .addOption(
      new Option('--delimiter <character>', 'of CSV files, or tab; found out by itself').argParser(parseDelimiter),
    )
    .option('--json', 'print the summary as one JSON object');
}

/** What is asked: for the receiver's forms. */
export function asking(command: Command): Command {
  return command
    .addOption(new Option('--reveal <what>', 'what the left side learns').choices([...REVEALS]).makeOptionMandatory())
    .option('--mutual', 'members: the right side learns its matching rows too')
    .addOption(
      new Option('--buckets <starts>', `frequency: lower ends, the first is 1; default ${DEFAULT_BUCKETS}`).argParser(
        parseBuckets,
      ),
    )
    .addOption(
      new Option('--minimum <n>', 'suppress results over fewer users').default(0).argParser(integer(0, 2 ** 31 - 1)),
    )
    .option('--out <folder>', 'write result.json, report.html and (members) result.csv there');
}

export interface AskedOptions {
  readonly reveal: Reveal;
  readonly mutual?: true;
  readonly buckets?: readonly number[];
  readonly minimum: number;
  readonly normalise: string;
  readonly delimiter?: string;
  readonly out?: string;
  readonly json?: true;
}

/** @throws {UsageError} for options that do not go together */
export function queryOf(options: AskedOptions): {
  reveal: Reveal;
  mutual: boolean;
  buckets: readonly number[];
  minimum: number;
} {
  const { reveal, mutual = false, buckets, minimum } = options;
  if (mutual && reveal !== 'members') throw new UsageError(`--mutual goes with --reveal members, found ${reveal}`);
  if (buckets !== undefined && reveal !== 'frequency') {
    throw new UsageError(`--buckets goes with --reveal frequency, found ${reveal}`);
  }
  return { reveal, mutual, buckets: buckets ?? parseBuckets(DEFAULT_BUCKETS), minimum };
}

interface LocalCommandOptions extends AskedOptions {
  readonly left: string;
  readonly leftKey: string;
  readonly right: string;
  readonly rightKey: string;
  readonly value?: string;
  readonly workers: number;
}

function localCommand(terminal: Terminal, version: string): Command {
  const command = new Command('local')
    .summary('both parties on this machine, to try it out')
    .description(
      'Both parties on this machine as two processes that share a socket and nothing else. The left side learns the result.',
    )
    .requiredOption('--left <file>', 'CSV or Parquet of the left side (the advertiser)')
    .requiredOption('--left-key <columns>', 'its key column, or several with commas')
    .requiredOption('--right <file>', 'CSV or Parquet of the right side (the publisher)')
    .requiredOption('--right-key <columns>', 'its key column, or several with commas')
    .option('--value <column>', 'of the right file: what sum adds up, what frequency takes as the number of exposures');
  return shared(asking(command))
    .addOption(new Option('--workers <n>', 'threads of each side').default(1).argParser(integer(1, MOST_WORKERS)))
    .addHelpText('after', NOTES)
    .action((options: LocalCommandOptions) => local(options, terminal, version));
}

async function local(options: LocalCommandOptions, terminal: Terminal, version: string): Promise<void> {
  const query = queryOf(options);
  if (options.value !== undefined && (query.reveal === 'members' || query.reveal === 'count')) {
    throw new UsageError(`--value goes with --reveal sum or frequency, found ${query.reveal}`);
  }
  if (options.value === undefined && query.reveal === 'sum') throw new UsageError('--reveal sum needs --value COLUMN');
  await checkOutput(options);
  const delimiter = options.delimiter === undefined ? {} : { delimiter: options.delimiter };
  const shown = watch(terminal, 'left');
  try {
    const result = await runLocal({ ...options, query }, version, terminal.signal, shown);
    try {
      shown.end();
      await deliver(result.summary, options, terminal, {
        ...(result.leftRows && { own: { table: result.left.table, rows: result.leftRows } }),
        ...(result.rightRows && { right: { path: options.right, ...delimiter, rows: result.rightRows } }),
      });
    } finally {
      await result.left.close();
    }
  } finally {
    shown.end();
  }
}
