import { Command, Option } from 'commander';
import { asPromised, type HospitalsOptions, type HospitalsResult, trainHospitals } from '../demo/hospitals.ts';
import { hospitalsTable } from '../demo/report.ts';
import { SCHEMES } from '../demo/schemes.ts';
import { fraction, integer } from '../options.ts';
import { progress } from '../progress.ts';
import { Failure, type Terminal } from '../terminal.ts';

const MOST_ROUNDS = 200;
const MOST_HOSPITALS = 50;

const COLUMNS = `
Columns:
  in sum       hospitals whose update is in the sum
  left         who left the round, and after which of its messages
  accuracy     of the model after this round, on digits that nobody trained on
  client ms    work in the protocol, mean over the hospitals that stayed; no training
  server ms    work of the aggregator and of its servers or decryptors, if any
  kB up, down  sent and received by one hospital, the same mean
  times plain  both, over what a hospital would send without protection

Exit code: 0 every secure sum equals the plain sum (ckks: is within its bound), 1 not so, 2 wrong usage, 130 interrupted
`;

export function demoCommand(terminal: Terminal): Command {
  return new Command('demo').description('see it work on real data').addCommand(hospitalsCommand(terminal));
}

function hospitalsCommand(terminal: Terminal): Command {
  return new Command('hospitals')
    .summary('five hospitals train one model together')
    .description(
      'Hospitals train one model together. The aggregator sees sums only; hospitals leave in the middle of rounds; every sum is checked ' +
        'against the plain sum.',
    )
    .addOption(new Option('--scheme <name>', 'how updates are protected').choices(SCHEMES).default('pairwise'))
    .addOption(new Option('--rounds <n>', `1 .. ${MOST_ROUNDS}`).default(20).argParser(integer(1, MOST_ROUNDS)))
    .addOption(new Option('--hospitals <n>', `3 .. ${MOST_HOSPITALS}`).default(5).argParser(integer(3, MOST_HOSPITALS)))
    .addOption(
      new Option(
        '--dropout <share>',
        'share of the hospitals that leaves in each round, at random moments; without it, in every second round one leaves before contributing ' +
          'and one after',
      ).argParser(fraction(0, 1)),
    )
    .addOption(new Option('--decryptors <n>', 'with ckks and bfv: 2 .. 20, default 3').argParser(integer(2, 20)))
    .addOption(
      new Option('--decrypt-threshold <t>', 'how many must decrypt; default a majority').argParser(integer(2, 20)),
    )
    .addOption(new Option('--decryptor-dropout <k>', 'how many leave each round').argParser(integer(0, 20)))
    .addOption(
      new Option('--seed <n>', 'of data split, model and schedule (keys and masks are always fresh)')
        .default(1)
        .argParser(integer(0, 2 ** 32 - 1)),
    )
    .option('--json', 'print one JSON object instead of the table')
    .addHelpText('after', COLUMNS)
    .action((options: HospitalsOptions & { readonly json?: true }) => hospitals(options, terminal));
}

async function hospitals(options: HospitalsOptions & { readonly json?: true }, terminal: Terminal): Promise<void> {
  const shown = progress(terminal, options.json === true);
  shown.report({ event: 'start', scheme: options.scheme }, `${options.hospitals} hospitals begin to train`, 0);
  try {
    const result = await trainHospitals(options, terminal.signal, (round) => {
      const left = Object.entries(round.left).map(([id, when]) => `   ${id} left ${when}`);
      const line = `round ${round.round} of ${options.rounds}   accuracy ${round.accuracy.toFixed(3)}${left.join('')}`;
      shown.report({ event: 'round', ...round }, line, round.round / options.rounds);
    });
    shown.end();
    printResult(result, options.json === true, terminal);
  } finally {
    shown.end();
  }
}

/** @throws {Failure} after printing, when some round was not exact */
export function printResult(result: HospitalsResult, json: boolean, terminal: Terminal): void {
  const styled = terminal.stdout.isTTY === true && !process.env.NO_COLOR;
  terminal.stdout.write(json ? `${JSON.stringify(result)}\n` : hospitalsTable(result, styled));
  const wrong = result.rounds.find((round) => !asPromised(round));
  if (wrong) throw new Failure(`the secure sum of round ${wrong.round} differs from the plain sum`);
}
