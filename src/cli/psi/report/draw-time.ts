import type { Side, Summary } from '../summary.ts';
import { at, bytes, duration, grouped } from './html.ts';

/** What a phase does, in the order in which phases come. */
const PHASES: Readonly<Record<string, string>> = {
  read: 'reads the file, normalises, removes duplicates',
  connect: 'meets the other side',
  blind: 'hashes and masks its own identifiers',
  evaluate: 'masks the other side’s a second time',
  offer: 'masks its own, encrypts values',
  match: 'masks the other side’s a second time, compares',
  result: 'opens the totals, compares transcripts',
  write: 'writes the result',
};

export function timeCard(summary: Summary): string {
  const { phases, seconds, sizes, bytesSent, bytesReceived } = summary;
  const names = [...new Set(phases.map(({ phase }) => phase))].sort((a, b) => order(a) - order(b));
  const sides = (['left', 'right'] as const).filter((side) => phases.some((phase) => phase.side === side));
  const spent = (name: string, side: Side) =>
    phases.filter((one) => one.phase === name && one.side === side).reduce((sum, one) => sum + one.seconds, 0);
  const totals = sides.map((side) => names.reduce((sum, name) => sum + spent(name, side), 0));
  const most = Math.max(...totals, 1e-9);
  const bars = sides.map((side, i) => {
    let from = 0;
    const pieces = names.map((name) => {
      const width = (100 * spent(name, side)) / most;
      const piece = `<rect class="phase ${phaseClass(name)}" x="${at(from)}%" width="${at(width)}%" height="26"/>${
        width > 12
          ? `<text class="phase-name" x="${at(from + width / 2)}%" y="17" text-anchor="middle">${phaseClass(name) === 'other' ? 'other' : name}</text>`
          : ''
      }`;
      from += width;
      return piece;
    });
    return `<div class="rate"><span class="rate-name">${side}</span><svg width="100%" height="26" role="img" aria-label="Time of the ${side} side by phase; the numbers are in the table below">${pieces.join('')}</svg><span class="rate-value">${duration(totals[i]!)}</span></div>`;
  });
  const rows = names.map((name) => {
    const kind = phaseClass(name);
    const cells = sides.map((side) => `<td>${spent(name, side) > 0 ? duration(spent(name, side)) : '–'}</td>`);
    return `<tr><th scope="row"><svg class="swatch" viewBox="0 0 14 14" aria-hidden="true"><rect class="phase ${kind}" width="14" height="14" rx="3"/></svg>${kind === 'other' ? 'other' : name}</th><td class="prose">${PHASES[name] ?? ''}</td>${cells.join('')}</tr>`;
  });
  const each = (bytesSent + bytesReceived) / (sizes.left + sizes.right);
  const rate = seconds > 0 ? Math.round((sizes.left + sizes.right) / seconds) : 0;
  const facts = [
    ['in all', duration(seconds)],
    ['identifiers a second', grouped(rate)],
    ['sent', bytes(bytesSent)],
    ['received', bytes(bytesReceived)],
    ['bytes an identifier', grouped(Math.round(10 * each) / 10)],
  ].map(([label, value]) => `<div><dt>${label}</dt><dd>${value}</dd></div>`);
  return `<section class="card wide"><h2>Time and traffic</h2><dl class="facts">${facts.join('')}</dl>${bars.join('')}
<div class="scroll"><table class="numbers phases"><thead><tr><th scope="col">phase</th><td></td>${sides.map((side) => `<th scope="col">${side}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>
<p class="small">Both sides work at the same time, and wait for each other; a phase includes its waiting.${
    summary.party === 'both'
      ? ' Bytes as the left side counts them.'
      : ` Bytes as the ${summary.party} side counts them.`
  }</p></section>`;
}

function order(name: string): number {
  const index = Object.keys(PHASES).indexOf(name);
  return index < 0 ? Number.MAX_SAFE_INTEGER : index;
}

/** A class of ours, never a text from outside. */
function phaseClass(name: string): string {
  return Object.hasOwn(PHASES, name) ? name : 'other';
}
