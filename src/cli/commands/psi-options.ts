import { type Command, Option } from 'commander';
import { REVEALS, type Reveal } from '../../protocols/psi/index.ts';
import { integer } from '../options.ts';
import { defaultMaximum, parseBuckets, type Query } from '../psi/parameters.ts';
import { parseDelimiter } from '../psi/table.ts';
import { UsageError } from '../terminal.ts';

export const MOST_WORKERS = 64;
const DEFAULT_BUCKETS = '1,2,3,5,10';

export const OVERWRITE = '--out may hold other files: those of the same names are replaced, others are left alone';

/** Below the options of every form. */
export const NOTES: string = `
Identifiers are compared after --normalise; rows with equal ones count once (their values are added up). An empty value cell is 0;
without --value every row counts 1. Values are whole numbers: give money in cents.

Exit code: 0 done, 1 failed or refused, 2 wrong usage, 130 interrupted
`;

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
    .addOption(
      new Option(
        '--memory <MiB>',
        'identifiers, and masked ones, beyond this go to temporary files of this user (TMPDIR), deleted at the end; default 192',
      ).argParser(integer(1, 2 ** 20)),
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
    .addOption(
      new Option(
        '--maximum <n>',
        'refuse a peer with more identifiers; default: what half of the memory can match',
      ).argParser(integer(1, 2 ** 31 - 1)),
    )
    .option('--out <folder>', 'write result.json, report.html and (members) result.csv there')
    .option('--overwrite', OVERWRITE);
}

export interface AskedOptions {
  readonly reveal: Reveal;
  readonly mutual?: true;
  readonly buckets?: readonly number[];
  readonly minimum: number;
  readonly maximum?: number;
  readonly normalise: string;
  readonly delimiter?: string;
  readonly memory?: number;
  readonly out?: string;
  readonly overwrite?: true;
  readonly json?: true;
}

/** @throws {UsageError} for options that do not go together */
export function queryOf(options: AskedOptions): Query {
  const { reveal, mutual = false, buckets, minimum, maximum = defaultMaximum() } = options;
  if (mutual && reveal !== 'members') throw new UsageError(`--mutual goes with --reveal members, found ${reveal}`);
  if (buckets !== undefined && reveal !== 'frequency') {
    throw new UsageError(`--buckets goes with --reveal frequency, found ${reveal}`);
  }
  return { reveal, mutual, buckets: buckets ?? parseBuckets(DEFAULT_BUCKETS), minimum, maximum };
}
