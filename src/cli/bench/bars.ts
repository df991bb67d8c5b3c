import { type Axis, round, STYLES, scale, ticks } from './chart.ts';
import { escapeHtml } from './html.ts';

/** Horizontal bars on a log axis, ours over the limit's outline. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly limit?: number;
  readonly twin?: number;
  readonly text: string;
}

export function barChart(
  title: string,
  label: string,
  bars: readonly Bar[],
  format: (value: number) => string,
): string {
  if (bars.length === 0) return '';
  const [left, width, row] = [170, 920, 30];
  const height = bars.length * row + 50;
  const values = bars.flatMap(({ value, limit, twin }) => [value, limit ?? value, twin ?? value]);
  const axis: Axis = { label, log: true, format };
  const ends: readonly [number, number] = [
    10 ** Math.floor(Math.log10(Math.min(...values))),
    10 ** Math.ceil(Math.log10(Math.max(...values))),
  ];
  const x = scale(true, ends, left, width - 120);
  const parts = ticks(axis, ends).map((tick) => {
    const at = round(x(tick));
    return `<line class="grid" x1="${at}" x2="${at}" y1="4" y2="${height - 44}"/><text x="${at}" y="${height - 28}" text-anchor="middle">${escapeHtml(format(tick))}</text>`;
  });
  for (const [i, { name, value, limit, twin, text }] of bars.entries()) {
    const y = i * row + 8;
    const end = round(x(value));
    parts.push(`<text x="${left - 8}" y="${y + 14}" text-anchor="end">${escapeHtml(name)}</text>`);
    parts.push(`<rect x="${left}" y="${y}" width="${round(end - left)}" height="18" fill="${STYLES[0].colour}"/>`);
    if (twin !== undefined) {
      const at = round(x(twin));
      parts.push(
        `<path d="M${at} ${y}v18" stroke="#fff" stroke-width="3"/><path d="M${at} ${y}v18" stroke="${STYLES[4].colour}" stroke-width="2" stroke-dasharray="3 2"/>`,
      );
    }
    if (limit !== undefined) {
      const at = round(x(limit));
      parts.push(`<path d="M${at} ${y - 4}v26" stroke="${STYLES[1].colour}" stroke-width="3"/>`);
    }
    parts.push(`<text x="${round(Math.max(end, x(limit ?? value))) + 8}" y="${y + 14}">${escapeHtml(text)}</text>`);
  }
  parts.push(
    `<text class="label" x="${(left + width - 120) / 2}" y="${height - 6}" text-anchor="middle">${escapeHtml(label)}</text>`,
  );
  return `<figure class="wide"><figcaption>${escapeHtml(title)}</figcaption><div class="scroll"><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">${parts.join('')}</svg></div></figure>`;
}
