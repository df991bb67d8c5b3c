import type { Summary } from './summary.ts';
import { grouped } from './watch.ts';

/** The summary for people, a few lines. */
export function summaryText(summary: Summary, styled: boolean): string {
  const bold = (text: string) => (styled ? `\x1b[1m${text}\x1b[22m` : text);
  const { sizes, reveal, frequency } = summary;
  const lines: string[] = [];
  if (summary.suppressed) lines.push(bold('suppressed: the overlap is below the agreed minimum'));
  else if (summary.count !== null) lines.push(bold(`overlap   ${grouped(summary.count)}`) + shares(summary));
  else lines.push(bold('done: the result went to the left side'));
  if (summary.sum !== undefined) lines.push(bold(`sum       ${grouped(summary.sum)}`) + noise(summary, CAPPED));
  lines.push(`sizes     ${grouped(sizes.left)} left, ${grouped(sizes.right)} right`);
  if (frequency) {
    lines.push('', `exposures   users${noise(summary)}`);
    for (const { exposures, upTo, users } of frequency.histogram) {
      const range = upTo === null ? `${exposures}+` : upTo === exposures ? `${exposures}` : `${exposures}-${upTo}`;
      lines.push(`${range.padStart(9)}   ${grouped(users)}`);
    }
    lines.push('', 'at least    reach');
    for (const { atLeast, users } of frequency.buckets) lines.push(`${`${atLeast}+`.padStart(9)}   ${grouped(users)}`);
    lines.push('');
  }
  const counts = (label: string, { left, right }: Summary['unusable']) => {
    const parts = [left && `${grouped(left)} left`, right && `${grouped(right)} right`].filter(Boolean);
    if (parts.length > 0) lines.push(`${label} ${parts.join(', ')}`);
  };
  counts('duplicates removed:', summary.duplicatesRemoved);
  counts('rows without a usable identifier:', summary.unusable);
  lines.push(
    `${reveal}: ${grouped(summary.bytesSent)} bytes sent, ${grouped(summary.bytesReceived)} received, ${summary.seconds.toFixed(1)} s`,
  );
  for (const side of ['left', 'right'] as const) lines.push(`${side} learned ${summary.learned[side].join('; ')}`);
  return `${lines.join('\n')}\n`;
}

function shares({ count, sizes }: Summary): string {
  const percent = (size: number) => `${((100 * (count ?? 0)) / size).toFixed(1)} %`;
  return `   ${percent(sizes.left)} of left, ${percent(sizes.right)} of right`;
}

/** A policy with noise caps values: how much one user can count is what its noise has to hide. */
const CAPPED = '; the right side caps large values first';

function noise({ noise: added }: Summary, note = ''): string {
  return added ? `   with noise: within ${grouped(added.within95)} of the truth in 95 % of runs${note}` : '';
}
