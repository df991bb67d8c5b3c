import { Command, Option } from 'commander';
import { type Adversary, type ChosenParameters, findParameters } from '../../protocols/secagg/index.ts';
import { fraction, integer } from '../options.ts';
import { Failure, type Terminal } from '../terminal.ts';

const ADVERSARIES = { curious: 'honest-but-curious', malicious: 'malicious-server' } as const satisfies Record<
  string,
  Adversary
>;

interface ParamsOptions {
  readonly clients: number;
  readonly dropout: number;
  readonly corrupt: number;
  readonly adversary: keyof typeof ADVERSARIES;
  readonly sigma: number;
  readonly eta: number;
  readonly json?: true;
}

export function paramsCommand(terminal: Terminal): Command {
  return new Command('params')
    .summary('choose degree and threshold for pairwise masks')
    .description(
      'Degree k of the communication graph and threshold t of the secret sharing for pairwise-mask aggregation, and which bound decides them ' +
        '(Bell et al., CCS 2020).',
    )
    .addOption(new Option('--clients <n>', '3 .. 65535').argParser(integer(3, 65_535)).makeOptionMandatory())
    .addOption(
      new Option('--dropout <share>', 'at most this share drops out, 0 <= share < 1')
        .argParser(fraction(0, 1))
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--corrupt <share>', 'at most this share colludes with the server, 0 <= share < 1')
        .argParser(fraction(0, 1))
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--adversary <model>', 'a server that looks, or one that also lies')
        .choices(Object.keys(ADVERSARIES))
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--sigma <bits>', 'privacy fails with probability at most 2^-sigma, 1 .. 128')
        .default(40)
        .argParser(integer(1, 128)),
    )
    .addOption(
      new Option('--eta <bits>', 'the round fails with probability at most 2^-eta, 1 .. 128')
        .default(20)
        .argParser(integer(1, 128)),
    )
    .option('--json', 'print one JSON object')
    .action((options: ParamsOptions) => params(options, terminal));
}

function params({ json, ...options }: ParamsOptions, terminal: Terminal): void {
  const { clients, adversary } = options;
  const found = findParameters({ ...options, adversary: ADVERSARIES[adversary] });
  if (found === undefined) {
    if (json) terminal.stdout.write(`${JSON.stringify({ parameters: null, query: options })}\n`);
    throw new Failure(
      `no parameters exist for ${clients} clients with dropout ${options.dropout} and corrupt ${options.corrupt} (${adversary}): ` +
        'no threshold is both secret and reachable',
      adversary === 'malicious'
        ? 'fewer dropouts or corrupt clients, or --adversary curious'
        : 'fewer dropouts or corrupt clients',
    );
  }
  const { k, t, complete, why } = found;
  terminal.stdout.write(
    json ? `${JSON.stringify({ k, t, complete, why, query: options })}\n` : describe(found, options),
  );
}

function describe({ k, t, complete, why }: ChosenParameters, { clients, sigma, eta }: ParamsOptions): string {
  const graph = complete
    ? "complete graph: everybody is everybody's neighbour"
    : `each client has ${k} neighbours of ${clients - 1}`;
  return [
    `k = ${k}`,
    `t = ${t}`,
    `complete = ${complete}`,
    '',
    `${graph}; any ${t} of a client's ${k} neighbours reconstruct its shared secrets`,
    `for ${clients} clients, ${why.corrupt} of them corrupt and ${why.dropout} dropping out, sigma = ${sigma}, eta = ${eta}`,
    `decided by ${why.decides}: ${why.text}`,
    '',
  ].join('\n');
}
