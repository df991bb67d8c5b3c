import { escapeHtml } from './html.ts';

/** One line of a chart, or its points alone. */
export interface Series {
  readonly name: string;
  /** Which of the styles; the same name has the same style in every figure of a page. */
  readonly style: number;
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Half the height of the error bar. */
  readonly spread?: number;
  /** Drawn hollow. */
  readonly noisy?: boolean;
}

export interface Axis {
  /** With its unit. */
  readonly label: string;
  readonly log: boolean;
  /** How a tick is written. */
  readonly format: (value: number) => string;
  /** Ticks at these values only: for axes of a few settings. */
  readonly ticks?: readonly number[];
}

export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** A horizontal line that everything is measured against. */
  readonly reference?: { readonly y: number; readonly label: string };
}

/** Okabe and Ito's colours, which the colour-blind can tell apart; marks and dashes differ too, for print in grey. */
export const STYLES = [
  { colour: '#0072b2', dash: '', mark: 'circle' },
  { colour: '#d55e00', dash: '7 3', mark: 'square' },
  { colour: '#009e73', dash: '2 3', mark: 'triangle' },
  { colour: '#b0579a', dash: '9 3 2 3', mark: 'diamond' },
  { colour: '#8a6d00', dash: '4 2', mark: 'cross' },
  { colour: '#444444', dash: '1 2', mark: 'plus' },
] as const;

const WIDTH = 460;
const HEIGHT = 300;
const LEFT = 84;
const RIGHT = 14;
const TOP = 12;
const BOTTOM = 46;

/** Places a value between two ends of the drawing. */
export type Scale = (value: number) => number;

/** A figure of a page: SVG with a label for those who hear it, and a legend that wraps below. */
export function lineChart(chart: Chart): string {
  const drawn = drawing(chart);
  if (drawn === '') return '';
  return `<figure><figcaption>${escapeHtml(chart.title)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(spoken(chart))}">
${drawn}
</svg>
<ul class="legend">${chart.series.map(({ name, style }) => `<li>${sample(style)}${escapeHtml(name)}</li>`).join('')}</ul></figure>`;
}

/** What the figure shows, for those who hear it. */
export function spoken({ title, x, y, series }: Chart): string {
  return `${title}: ${y.label} against ${x.label}; ${series.map(({ name }) => name).join(', ')}`;
}

const STYLE =
  'svg{font:12.5px system-ui,sans-serif;fill:#1c1c1c}.grid{stroke:#e2e2e2}.axis{stroke:#555}.reference{stroke:#1c1c1c;stroke-dasharray:5 4}.label,.title{font-weight:600}.title{font-size:13.5px}';

/** A file of its own, for where there is no page around it: title and legend are drawn, the background is white whatever is behind. */
export function svgFile(chart: Chart): string {
  const titles = wrap(chart.title, 56);
  const top = 18 * titles.length + 8;
  // Two names a line where they fit.
  const columns = chart.series.every(({ name }) => name.length <= 26) ? 2 : 1;
  const legend = chart.series.map(({ name, style }, i) => {
    const [x, y] = [24 + (i % columns) * 225, top + HEIGHT + 8 + 18 * Math.floor(i / columns)];
    return `<g transform="translate(${x} ${y})">${key(style)}<text x="42" y="10">${escapeHtml(name)}</text></g>`;
  });
  const lines = Math.ceil(chart.series.length / columns);
  const hollow = chart.series.some(({ points }) => points.some(({ noisy }) => noisy));
  if (hollow)
    legend.push(`<text x="24" y="${top + HEIGHT + 18 * (lines + 1)}">hollow: disturbed while it was measured</text>`);
  const height = top + HEIGHT + 12 + 18 * (lines + (hollow ? 1 : 0));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeHtml(spoken(chart))}">
<style>${STYLE}</style><rect width="100%" height="100%" rx="6" fill="#fff"/>
${titles.map((line, i) => `<text class="title" x="12" y="${20 + 18 * i}">${escapeHtml(line)}</text>`).join('')}
<g transform="translate(0 ${top})">${drawing(chart)}</g>
${legend.join('\n')}
</svg>
`;
}

function wrap(text: string, columns: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

/** Axes, grid and lines; nothing when there are no points. */
function drawing(chart: Chart): string {
  const points = chart.series.flatMap(({ points }) => points);
  if (points.length === 0) return '';
  const xs = domain(
    chart.x,
    points.map(({ x }) => x),
  );
  const ys = domain(chart.y, [
    ...points.flatMap(({ y, spread = 0 }) => [y, y + spread]),
    // Room for its label below.
    ...(chart.reference ? [chart.reference.y, ...(chart.y.log ? [chart.reference.y / 1.5] : [])] : []),
  ]);
  const x = scale(chart.x.log, xs, LEFT, WIDTH - RIGHT);
  const y = scale(chart.y.log, ys, HEIGHT - BOTTOM, TOP);
  return `${grid(chart, xs, ys, x, y)}
${chart.series.map((series) => line(series, x, y)).join('\n')}`;
}

function domain(axis: Axis, values: readonly number[]): readonly [number, number] {
  const usable = axis.log ? values.filter((value) => value > 0) : values;
  const [low, high] = [Math.min(...usable), Math.max(...usable)];
  if (axis.ticks !== undefined) {
    const [first, last] = [Math.min(...axis.ticks), Math.max(...axis.ticks)];
    const room = axis.log ? 0 : (last - first || 1) * 0.06;
    return axis.log ? [first / 1.15, last * 1.15] : [first - room, last + room];
  }
  if (!axis.log) return [0, high * 1.08 || 1];
  // Whole decades where they are few, else a little room.
  return high / low < 3 ? [low / 2, high * 2] : [low / 1.4, high * 1.4];
}

export function scale(log: boolean, [low, high]: readonly [number, number], from: number, to: number): Scale {
  const of = log ? Math.log10 : (value: number) => value;
  return (value) => from + ((of(value) - of(low)) / (of(high) - of(low) || 1)) * (to - from);
}

/** Powers of ten, with 2 and 5 between them when there are few; round steps on a linear axis. */
export function ticks(axis: Axis, [low, high]: readonly [number, number]): number[] {
  if (axis.ticks !== undefined) return [...axis.ticks];
  const out: number[] = [];
  if (axis.log) {
    const decades = Math.log10(high / low);
    const steps = decades > 3.2 ? [1] : decades > 1.2 ? [1, 3] : [1, 2, 5];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
      for (const step of steps) out.push(step * 10 ** power);
    }
  } else {
    const rough = (high - low) / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
    for (let value = Math.ceil(low / step) * step; value <= high; value += step) out.push(value);
  }
  return out.filter((value) => value >= low && value <= high);
}

function grid(chart: Chart, xs: readonly [number, number], ys: readonly [number, number], x: Scale, y: Scale): string {
  const parts: string[] = [];
  const bottom = HEIGHT - BOTTOM;
  for (const tick of ticks(chart.y, ys)) {
    const at = round(y(tick));
    parts.push(`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/>`);
    parts.push(`<text x="${LEFT - 6}" y="${at + 4}" text-anchor="end">${escapeHtml(chart.y.format(tick))}</text>`);
  }
  for (const tick of ticks(chart.x, xs)) {
    const at = round(x(tick));
    parts.push(`<line class="axis" x1="${at}" x2="${at}" y1="${bottom}" y2="${bottom + 5}"/>`);
    parts.push(`<text x="${at}" y="${bottom + 18}" text-anchor="middle">${escapeHtml(chart.x.format(tick))}</text>`);
  }
  parts.push(`<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom}" y2="${bottom}"/>`);
  parts.push(
    `<text class="label" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${escapeHtml(chart.x.label)}</text>`,
  );
  const middle = (TOP + bottom) / 2;
  parts.push(
    `<text class="label" transform="translate(13 ${middle}) rotate(-90)" text-anchor="middle">${escapeHtml(chart.y.label)}</text>`,
  );
  if (chart.reference !== undefined) {
    const at = round(y(chart.reference.y));
    parts.push(`<line class="reference" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/>`);
    parts.push(
      `<text x="${WIDTH - RIGHT - 2}" y="${at + 15}" text-anchor="end">${escapeHtml(chart.reference.label)}</text>`,
    );
  }
  return parts.join('');
}

function line({ style, points, name }: Series, x: Scale, y: Scale): string {
  const { colour, dash } = STYLES[style % STYLES.length]!;
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const path = sorted.map((point, i) => `${i === 0 ? 'M' : 'L'}${round(x(point.x))} ${round(y(point.y))}`).join('');
  const marks = sorted.map((point) => {
    const [px, py] = [round(x(point.x)), round(y(point.y))];
    const { spread = 0 } = point;
    const bar =
      spread > 0 && point.y - spread > 0
        ? `<line stroke="${colour}" x1="${px}" x2="${px}" y1="${round(Math.min(HEIGHT - BOTTOM, y(point.y - spread)))}" y2="${round(y(point.y + spread))}"/>`
        : '';
    return `${bar}${mark(style, px, py, point.noisy === true)}`;
  });
  const dashed = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
  return `<g><title>${escapeHtml(name)}</title><path fill="none" stroke="${colour}" stroke-width="2"${dashed} d="${path}"/>${marks.join('')}</g>`;
}

function mark(style: number, x: number, y: number, hollow: boolean): string {
  const { colour, mark: shape } = STYLES[style % STYLES.length]!;
  const paint = `fill="${hollow ? '#fff' : colour}" stroke="${colour}" stroke-width="1.5"`;
  switch (shape) {
    case 'circle':
      return `<circle cx="${x}" cy="${y}" r="4" ${paint}/>`;
    case 'square':
      return `<rect x="${x - 3.5}" y="${y - 3.5}" width="7" height="7" ${paint}/>`;
    case 'triangle':
      return `<path d="M${x} ${y - 4.5}l4.5 8h-9z" ${paint}/>`;
    case 'diamond':
      return `<path d="M${x} ${y - 5}l4.5 5l-4.5 5l-4.5 -5z" ${paint}/>`;
    case 'cross':
      return `<path d="M${x - 4} ${y - 4}l8 8m0 -8l-8 8" fill="none" stroke="${colour}" stroke-width="2"/>`;
    case 'plus':
      return `<path d="M${x - 5} ${y}h10m-5 -5v10" fill="none" stroke="${colour}" stroke-width="2"/>`;
  }
}

function sample(style: number): string {
  return `<svg class="key" viewBox="0 0 34 12" aria-hidden="true">${key(style)}</svg>`;
}

function key(style: number): string {
  const { colour, dash } = STYLES[style % STYLES.length]!;
  const dashed = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
  return `<path d="M1 6h32" stroke="${colour}" stroke-width="2"${dashed}/>${mark(style, 17, 6, false)}`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
