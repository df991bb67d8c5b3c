import type { Summary } from '../summary.ts';
import { at, grouped, percent } from './html.ts';

type Frequency = NonNullable<Summary['frequency']>;

const WIDTH = 460;
const HEIGHT = 250;
const TOP = 26;
const BOTTOM = 34;
const LEFT = 14;
const RIGHT = 14;
/** Labels nearer to each other than this would touch. */
const LABEL = 40;

/** Reach curve, histogram, and the numbers of both. */
export function frequencyCards(summary: Summary): string {
  const { frequency, noise } = summary;
  if (frequency === undefined) return '';
  const within = noise?.within95 ?? 0;
  const spread = within > 0 ? ` Bars carry noise: each true number is within ${grouped(within)} in 95 % of runs.` : '';
  return `<section class="card"><h2>Reach</h2>${reachCurve(frequency)}<p class="small">Users of both sets with at least so many exposures${isLinear(frequency) ? '' : '; the axis is logarithmic'}.${within > 0 ? ' It adds up the bars beside it, and their noise with them.' : ''}</p></section>
<section class="card"><h2>Frequency</h2>${histogram(frequency, within)}<p class="small">Users of both sets by how often they were exposed.${spread}</p></section>
<section class="card wide">${table(summary, frequency)}</section>`;
}

function reachCurve({ buckets }: Frequency): string {
  const y = scale(
    buckets.map(({ users }) => users),
    0,
  );
  const last = buckets.at(-1)!.atLeast;
  const position = isLinear({ buckets })
    ? (k: number) => (k - 1) / Math.max(1, last - 1)
    : (k: number) => Math.log(k) / Math.log(last);
  // Room for half a label at both ends.
  const x = (k: number) => LEFT + 18 + (WIDTH - LEFT - RIGHT - 36) * (buckets.length === 1 ? 0.5 : position(k));
  const points = buckets.map(({ atLeast, users }) => [x(atLeast), y.at(users)] as const);
  const line = points.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${at(px)} ${at(py)}`).join('');
  const area = `${line}L${at(points.at(-1)![0])} ${at(y.at(0))}L${at(points[0]![0])} ${at(y.at(0))}Z`;
  const dots = points.map(([px, py]) => `<circle class="dot" cx="${at(px)}" cy="${at(py)}" r="4"/>`);
  const labels = spaced(points.map(([px]) => px)).map((i) => {
    const [px, py] = points[i]!;
    const { atLeast, users } = buckets[i]!;
    // The curve falls: above and to the right of a dot is room.
    const beside =
      i < points.length - 1 ? `x="${at(px + 5)}" text-anchor="start"` : `x="${at(px)}" text-anchor="middle"`;
    return `<text class="value" ${beside} y="${at(py - 9)}">${compact(users)}</text><text class="tick" x="${at(px)}" y="${HEIGHT - 12}" text-anchor="middle">${compact(atLeast)}+</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Reach curve; the numbers are in the table below">${baseline(y.at(0))}<path class="area" d="${area}"/><path class="curve" d="${line}"/>${dots.join('')}${labels.join('')}</svg>`;
}

function histogram({ histogram: bars }: Frequency, within: number): string {
  const y = scale(
    bars.map(({ users }) => users),
    within,
  );
  const step = (WIDTH - LEFT - RIGHT) / bars.length;
  const width = Math.min(64, step * 0.72);
  const centres = bars.map((_, i) => LEFT + step * (i + 0.5));
  const drawn = bars.map(({ users }, i) => {
    const top = Math.min(y.at(users), y.at(0));
    const height = Math.abs(y.at(users) - y.at(0));
    const whisker =
      within > 0
        ? `<path class="whisker" d="M${at(centres[i]!)} ${at(y.at(users + within))}V${at(y.at(users - within))}"/>`
        : '';
    return `<rect class="bar" x="${at(centres[i]! - width / 2)}" y="${at(top)}" width="${at(width)}" height="${at(height)}" rx="${at(Math.min(3, width / 4))}"/>${whisker}`;
  });
  const labels = spaced(centres).map((i) => {
    const bar = bars[i]!;
    const above = Math.min(y.at(bar.users + within), y.at(0)) - 7;
    return `<text class="value" x="${at(centres[i]!)}" y="${at(above)}" text-anchor="middle">${compact(bar.users)}</text><text class="tick" x="${at(centres[i]!)}" y="${HEIGHT - 12}" text-anchor="middle">${range(bar, compact)}</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Histogram of exposures; the numbers are in the table below">${drawn.join('')}${baseline(y.at(0))}${labels.join('')}</svg>`;
}

function table({ count }: Summary, { buckets, histogram: bars }: Frequency): string {
  const share = (users: number) => (count ? percent(Math.max(0, users), count) : '');
  const rows = bars.map((bar, i) => {
    const { atLeast, users } = buckets[i]!;
    return `<tr><th scope="row">${range(bar, grouped)}</th><td>${grouped(bar.users)}</td><td class="share">${share(bar.users)}</td><td>${grouped(atLeast)}+</td><td>${grouped(users)}</td><td class="share">${share(users)}</td></tr>`;
  });
  return `<h2>The numbers</h2><div class="scroll"><table class="numbers"><thead><tr><th scope="col">exposures</th><th scope="col">users</th><th scope="col" class="share">of both</th><th scope="col">at least</th><th scope="col">reach</th><th scope="col" class="share">of both</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

/** `3`, `3–4` or `10+` */
function range({ exposures, upTo }: Frequency['histogram'][number], write: (value: number) => string): string {
  if (upTo === null) return `${write(exposures)}+`;
  return upTo === exposures ? write(exposures) : `${write(exposures)}–${write(upTo)}`;
}

/** Where buckets are near each other a plain axis shows them best; where they double, a logarithmic one. */
function isLinear({ buckets }: Pick<Frequency, 'buckets'>): boolean {
  return buckets.at(-1)!.atLeast <= 2 * buckets.length;
}

/** From users to height. 0 is always in the drawing; noise may push numbers below it. */
function scale(values: readonly number[], within: number): { at(users: number): number } {
  const most = Math.max(1, ...values.map((users) => users + within));
  const least = Math.min(0, ...values.map((users) => users - within));
  const pixels = (HEIGHT - TOP - BOTTOM) / (most - least);
  return { at: (users) => TOP + (most - users) * pixels };
}

function baseline(y: number): string {
  return `<path class="axis" d="M${LEFT} ${at(y)}H${WIDTH - RIGHT}"/>`;
}

/** Indices of those that can carry a label: the first, and each far enough from the one before. */
function spaced(positions: readonly number[]): number[] {
  const chosen: number[] = [];
  for (const [i, position] of positions.entries()) {
    if (chosen.length === 0 || position - positions[chosen.at(-1)!]! >= LABEL) chosen.push(i);
  }
  return chosen;
}

/** At most four characters or so: 950, 12.3k, 4.56M */
function compact(value: number): string {
  const size = Math.abs(value);
  if (size < 10_000) return grouped(value);
  const [unit, letter] = size < 999_500 ? [1e3, 'k'] : size < 999_500_000 ? [1e6, 'M'] : [1e9, 'G'];
  return `${Number((value / unit).toPrecision(3))}${letter}`;
}
