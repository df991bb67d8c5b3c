import { expect, it } from 'vitest';
import { watch } from '../../../src/cli/psi/watch.ts';

function told(isTTY: boolean): { text: () => string; shown: ReturnType<typeof watch> } {
  let text = '';
  const stderr = {
    isTTY,
    columns: 100,
    write(piece: string) {
      text += piece;
    },
  };
  const shown = watch({ stdout: { write: () => {} }, stderr, signal: new AbortController().signal }, 'left');
  return { text: () => text, shown };
}

it('is one bar with rate and time left for a person', () => {
  const { text, shown } = told(true);
  shown.progress('right', { phase: 'offer', done: 5, total: 10 }, 10, 10); // the other side's goes unmentioned
  shown.progress('left', { phase: 'blind', done: 500, total: 1000 }, 1000, 1000);
  shown.progress('left', { phase: 'match', done: 1000, total: 1000 }, 1000, 1000);
  shown.end();
  const [, first, second, last] = text().split('\r\x1b[2K');
  expect(first).toMatch(/^━{6}╌{18} masking own identifiers: 500 of 1,000 {3}[\d,]+\/s {3}\d+ s left$/);
  expect(second).toMatch(/^━{24} matching the other side's identifiers: 1,000 of 1,000/);
  expect(last).toBe('');
});

it('is JSON lines for a program: the first and the last of every phase at least', () => {
  const { text, shown } = told(false);
  shown.rows('left', 2048);
  for (let done = 1; done <= 100; done++) shown.progress('left', { phase: 'blind', done, total: 100 }, 100, 100);
  shown.event({ event: 'connected' }, 'connected');
  const lines = text()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ phase, event }) => phase ?? event)).toEqual(['read', 'blind', 'blind', 'connected']);
  expect(lines[2]).toMatchObject({ event: 'progress', done: 100, total: 100, secondsLeft: 0 });
  expect(Number.isInteger(lines[2].perSecond)).toBe(true);
});

it('what a peer wrote steers no terminal', () => {
  const { text, shown } = told(true);
  shown.event({ event: 'failed' }, 'ada: \x1b[2J\u009b31m\u202egone');
  expect(text()).toBe('ada: \\u{1b}[2J\\u{9b}31m\\u{202e}gone\n');
});
