import type { Progress as Step } from '../../protocols/psi/index.ts';
import { progress as display } from '../progress.ts';
import { type Terminal, visible } from '../terminal.ts';
import type { Side } from './summary.ts';

/** Tells on stderr how far a run is: one bar with rate and time left for a person, JSON lines for a program. */
export interface Watch {
  rows(side: Side, rows: number): void;
  /** @param left, right sizes of the sets */
  progress(side: Side, step: Step, left: number, right: number): void;
  /** Something that happened once, e.g. a connection. */
  event(event: Readonly<Record<string, unknown>>, line: string): void;
  end(): void;
}

/** Milliseconds between two reports of one phase. */
const PACE_TTY = 100;
const PACE_LINES = 1000;

const VERBS: Record<Step['phase'], string> = {
  blind: 'masking own identifiers',
  evaluate: "masking the other side's identifiers",
  offer: 'offering own identifiers',
  match: "matching the other side's identifiers",
  result: 'result',
};

/** @param shown whose steps the bar shows; the other side's go unmentioned */
export function watch(terminal: Terminal, shown: Side): Watch {
  const bar = display(terminal, false);
  const pace = terminal.stderr.isTTY ? PACE_TTY : PACE_LINES;
  let last = Number.NEGATIVE_INFINITY;
  let phase = '';
  let phaseBegan = 0;
  let seen = performance.now();
  const begins = (name: string): void => {
    const before = seen;
    seen = performance.now();
    if (phase === name) return;
    phase = name;
    phaseBegan = before; // a phase is first heard of when its first piece is done
    last = Number.NEGATIVE_INFINITY;
  };
  const due = (final: boolean): boolean => {
    const now = performance.now();
    if (!final && now - last < pace) return false;
    last = now;
    return true;
  };
  return {
    rows(side, rows) {
      if (side !== shown || (phase !== '' && phase !== 'read')) return;
      begins('read');
      if (due(false)) bar.report({ event: 'progress', phase: 'read', rows }, `reading: ${grouped(rows)} rows`, 0);
    },
    progress(side, step, left, right) {
      if (side !== shown || step.phase === 'result') return;
      begins(step.phase);
      if (!due(step.done === step.total)) return;
      const seconds = (performance.now() - phaseBegan) / 1000;
      const rate = seconds > 0 ? Math.round(step.done / seconds) : 0;
      const secondsLeft = rate > 0 ? Math.round((step.total - step.done) / rate) : null;
      const first = step.phase === 'blind' || step.phase === 'evaluate';
      const share = ((first ? 0 : left) + step.done) / Math.max(1, left + right);
      bar.report(
        { event: 'progress', phase: step.phase, done: step.done, total: step.total, perSecond: rate, secondsLeft },
        `${VERBS[step.phase]}: ${grouped(step.done)} of ${grouped(step.total)}   ${grouped(rate)}/s` +
          (secondsLeft === null ? '' : `   ${duration(secondsLeft)} left`),
        Math.min(1, share),
      );
    },
    event(event, line) {
      if (terminal.stderr.isTTY) {
        bar.end();
        terminal.stderr.write(`${visible(line)}\n`);
      } else bar.report(event, line, 0);
    },
    end: () => bar.end(),
  };
}

export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600
    ? `${Math.floor(seconds / 60)} min ${seconds % 60} s`
    : `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
