import { Command, InvalidArgumentError, Option } from 'commander';
import { REVEALS } from '../../protocols/psi/index.ts';
import { BUILT_IN } from '../bench/constants.ts';
import { fitModel, type Model } from '../bench/model.ts';
import { planPsi, planRound, psiPlanText, roundPlanText } from '../bench/plan.ts';
import { readResults } from '../bench/results.ts';
import { fraction, integer } from '../options.ts';
import { Failure, type Terminal, UsageError } from '../terminal.ts';

interface Common {
  readonly bandwidth: number;
  readonly results?: string;
  readonly json?: true;
}

interface RoundOptions extends Common {
  readonly clients: number;
  readonly params: number;
  readonly dropout: number;
}

interface PsiOptions extends Common {
  readonly left: number;
  readonly right: number;
}

export function planCommand(terminal: Terminal): Command {
  return common(
    new Command('plan')
      .summary('what a round would cost, before anybody runs it')
      .description(
        'Predicted time, bytes and memory per scheme for client and server, what dominates them, and how far off the prediction tends to be.',
      )
      .addOption(new Option('--clients <n>', '3 .. 65535').argParser(integer(3, 65_535)))
      .addOption(new Option('--params <d>', 'values in an update, like 1e8').argParser(magnitude(1, 2 ** 32 - 65)))
      .addOption(
        new Option('--dropout <share>', 'share of the clients that drops out').default(0.1).argParser(fraction(0, 1)),
      ),
  )
    .action((options: RoundOptions) => round(options, terminal))
    .addCommand(psiCommand(terminal));
}

function psiCommand(terminal: Terminal): Command {
  return common(
    new Command('psi')
      .summary('the same for a set intersection')
      .addOption(new Option('--left <n>', 'identifiers of the side that learns').argParser(magnitude(1, 2 ** 31 - 1)))
      .addOption(new Option('--right <n>', 'identifiers of the other side').argParser(magnitude(1, 2 ** 31 - 1))),
  ).action((_: unknown, command: Command) => psi(command.optsWithGlobals<PsiOptions>(), terminal));
}

function common(command: Command): Command {
  return command
    .addOption(new Option('--bandwidth <rate>', 'of a client, like 20Mbps').default(20e6, '20Mbps').argParser(bitRate))
    .option('--results <file>', 'constants from your own results.json instead of the built-in ones')
    .option('--json', 'print one JSON object');
}

/** A whole number, also as 1e8 or 2.5e6. */
function magnitude(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+(\.\d+)?(e\d{1,2})?$/i.test(text) || !Number.isInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`Expected a whole number in ${least} .. ${most}, like 1000000 or 1e6.`);
    }
    return value;
  };
}

const UNITS: Readonly<Record<string, number>> = { bps: 1, kbps: 1e3, Mbps: 1e6, Gbps: 1e9 };

/** Bits a second. */
function bitRate(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(bps|kbps|Mbps|Gbps)$/.exec(text) ?? [];
  const value = Number(digits) * (UNITS[unit ?? ''] ?? Number.NaN);
  if (!(value > 0)) throw new InvalidArgumentError('Expected a rate like 500kbps, 20Mbps or 1Gbps.');
  return value;
}

function modelOf({ results }: Common): Model {
  if (results === undefined) return BUILT_IN;
  const model = fitModel(readResults(results));
  if (Object.keys(model.rounds).length + Object.keys(model.psi).length > 0) return model;
  throw new Failure(`${results} has no cells to fit`, 'measure with subrosa bench all or study, not micro');
}

function round(options: RoundOptions, terminal: Terminal): void {
  required(options, ['clients', 'params']);
  const { clients, params: dimension, dropout, bandwidth } = options;
  const model = modelOf(options);
  const plans = planRound(model, { clients, dimension, dropout }, bandwidth);
  const { machine, date, noisy } = model;
  const query = { clients, params: dimension, dropout, bandwidth };
  terminal.stdout.write(
    options.json
      ? `${JSON.stringify({ query, schemes: plans, machine, date, noisy })}\n`
      : roundPlanText(plans, model, styled(terminal)),
  );
}

function psi(options: PsiOptions, terminal: Terminal): void {
  required(options, ['left', 'right']);
  const { left, right, bandwidth } = options;
  const model = modelOf(options);
  const plans = REVEALS.flatMap((reveal) => planPsi(model, reveal, left, right, bandwidth) ?? []);
  if (plans.length === 0)
    throw new Failure('these results have no set intersections', 'measure with subrosa bench all or psi');
  const { machine, date, noisy } = model;
  const query = { left, right, bandwidth };
  terminal.stdout.write(
    options.json
      ? `${JSON.stringify({ query, reveals: plans, machine, date, noisy })}\n`
      : psiPlanText(plans, model, styled(terminal)),
  );
}

/** Checked here: the options of a command with subcommands would be asked of those too. */
function required<Options extends object>(options: Options, names: readonly (keyof Options & string)[]): void {
  for (const name of names) {
    if (options[name] === undefined) throw new UsageError(`required option '--${name}' not specified`);
  }
}

function styled(terminal: Terminal): boolean {
  return terminal.stdout.isTTY === true && !process.env.NO_COLOR;
}
