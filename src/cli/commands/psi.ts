import { Command, Option } from 'commander';
import { integer } from '../options.ts';
import { runLocal } from '../psi/local.ts';
import { localChild } from '../psi/local-child.ts';
import { checkOutput, deliver } from '../psi/output.ts';
import { watch } from '../psi/watch.ts';
import { type Terminal, UsageError } from '../terminal.ts';
import { type AskedOptions, asking, MOST_WORKERS, NOTES, queryOf, shared } from './psi-options.ts';
import { offerCommand, runCommand } from './psi-remote.ts';

export function psiCommand(terminal: Terminal, version: string): Command {
  return new Command('psi')
    .summary('overlap of two lists that nobody may see')
    .description(
      'Private set intersection: an advertiser and a publisher learn who, how many, what sum or how often, over the people in both lists, and ' +
        'nothing about the others.',
    )
    .addCommand(localCommand(terminal, version))
    .addCommand(offerCommand(terminal, version))
    .addCommand(runCommand(terminal, version))
    .addCommand(
      new Command('local-right-side').action(() => localChild(terminal.signal)),
      { hidden: true },
    );
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
      const { suppressed } = result.summary;
      await deliver(result.summary, options, terminal, {
        ...(result.leftRows && { own: { table: result.left.table, rows: result.leftRows } }),
        // The right side takes a suppressed result for an empty one; here both sides are known.
        ...(result.rightRows &&
          !suppressed && { right: { path: options.right, ...delimiter, rows: result.rightRows } }),
      });
    } finally {
      await result.left.close();
    }
  } finally {
    shown.end();
  }
}
