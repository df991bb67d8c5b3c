import Table from 'cli-table3';
import { asPromised, type HospitalsResult, type RoundResult } from './hospitals.ts';

const WIDTH = 80;

/** No lines but one under the header: the eye follows the columns. */
const PLAIN = {
  chars: {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  },
  style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
};

/**
 * The report of `subrosa demo hospitals`, 80 columns wide.
 * @param styled headings in bold, for a terminal
 */
export function hospitalsTable(result: HospitalsResult, styled: boolean): string {
  const sections = [heading(result), rounds(result), accuracies(result), learns(result)];
  const bold = (text: string) => (styled ? `\x1b[1m${text}\x1b[22m` : text);
  return `${sections.map((section) => section.replace(/^.*/, bold)).join('\n\n')}\n`;
}

function heading({ schemeName, parameters, hospitals, modelSize, seed }: HospitalsResult): string {
  const images = Object.values(hospitals).reduce((sum, { examples }) => sum + examples, 0);
  const given = Object.entries(parameters).map(([name, value]) => `${name} = ${value}`);
  const task = `${Object.keys(hospitals).length} hospitals, ${images} images, ${modelSize} model parameters, seed ${seed}`;
  const scheme = given.length === 0 ? schemeName : `${schemeName}: ${given.join(', ')}`;
  return [task, ...wrap(scheme, WIDTH)].join('\n');
}

function rounds({ rounds }: HospitalsResult): string {
  const right = 'right' as const;
  const table = new Table({
    ...PLAIN,
    head: ['round', 'in\nsum', 'left', 'accuracy', 'client\nms', 'server\nms', 'kB\nup', 'kB\ndown', 'times\nplain'],
    colAligns: [right, right, 'left', right, right, right, right, right, right],
  });
  for (const round of rounds) table.push(row(round));
  // cli-table3 fills the last column: no blanks at the ends of lines.
  return table.toString().replace(/ +$/gm, '');
}

function row(round: RoundResult): string[] {
  return [
    String(round.round),
    String(round.survivors.length),
    leftText(round),
    round.accuracy.toFixed(3),
    round.clientMs.toFixed(1),
    round.serverMs.toFixed(1),
    (round.bytesUp / 1000).toFixed(1),
    (round.bytesDown / 1000).toFixed(1),
    round.expansion.toFixed(2),
  ];
}

/** The widest text for which the whole table fits. */
const LEFT_WIDTH = 25;

/** Who left, one line a moment; a number where names would be too many. */
function leftText(round: RoundResult): string {
  const { left } = round;
  const moments = new Map<string, string[]>();
  for (const [id, when] of Object.entries(left)) moments.set(when, [...(moments.get(when) ?? []), id]);
  const lines = [...moments].map(([when, ids]) => {
    const text = `${ids.join(' ')} ${when}`;
    return text.length <= LEFT_WIDTH ? text : `${ids.length} ${when}`;
  });
  return [...(asPromised(round) ? [] : ['SUM DIFFERS']), ...lines].join('\n');
}

function accuracies({ rounds, hospitals, heldOut, ...result }: HospitalsResult): string {
  const [best] = Object.entries(hospitals).sort(([, a], [, b]) => b.aloneAccuracy - a.aloneAccuracy)[0]!;
  const exact = rounds.filter((round) => round.exact).length;
  const bound = Math.max(...rounds.map(({ errorBound }) => errorBound));
  const worst = Math.max(...rounds.map(({ maxError }) => maxError));
  return list(
    `accuracy on ${heldOut} held-out images after ${rounds.length} ${rounds.length === 1 ? 'round' : 'rounds'}`,
    [
      [`together, ${result.schemeName}`, result.accuracy.toFixed(3)],
      ['together, unprotected', result.plaintextAccuracy.toFixed(3)],
      [`best hospital alone (${best})`, result.aloneAccuracy.toFixed(3)],
      ['secure sum = plain sum', `in ${exact} of ${rounds.length} rounds`],
      ...(bound > 0 ? [['off by at most', `${worst} of the ${bound} units promised`] as const] : []),
    ],
  );
}

function learns({ learns, scheme }: HospitalsResult): string {
  const helper = scheme === 'ckks' || scheme === 'bfv' ? 'each decryptor' : 'each server';
  const rows: [string, string][] = [
    ['aggregator', learns.server],
    ['each hospital', learns.clients],
  ];
  if (learns.helpers !== undefined) rows.push([helper, learns.helpers]);
  return list('what each party learns', rows);
}

/** A heading, and names with what belongs to them, wrapped. */
function list(heading: string, rows: readonly (readonly [string, string])[]): string {
  const name = Math.max(...rows.map(([text]) => text.length)) + 4;
  const lines = rows.flatMap(([text, value]) =>
    wrap(value, WIDTH - name).map((line, i) => `${(i === 0 ? `  ${text}` : '').padEnd(name)}${line}`),
  );
  return [heading, ...lines].join('\n');
}

function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
