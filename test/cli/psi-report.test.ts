import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, duration, percent } from '../../src/cli/psi/report/html.ts';
import { reportPage } from '../../src/cli/psi/report/index.ts';
import { lensArea, venn } from '../../src/cli/psi/report/venn.ts';
import type { Summary } from '../../src/cli/psi/summary.ts';
import { COUNT, FREQUENCY, MEMBERS, SUM, SUPPRESSED } from './psi-report-samples.ts';

/** The shared area of the drawing, in units of the sets. */
function drawnOverlap(left: number, right: number, overlap: number): number {
  const { leftRadius, rightRadius, distance, relation } = venn(left, right, overlap);
  if (relation === 'apart') return 0;
  if (relation === 'equal' || relation === 'inside') return Math.min(left, right);
  return (lensArea(leftRadius, rightRadius, leftRadius + rightRadius - distance) * Math.max(left, right)) / Math.PI;
}

describe('the overlap to scale', () => {
  it('areas stand in the ratio of the sizes', () => {
    const size = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(size, size, fc.double({ min: 0, max: 1, noNaN: true }), (left, right, share) => {
        const overlap = Math.floor(share * Math.min(left, right));
        const { leftRadius, rightRadius } = venn(left, right, overlap);
        expect(leftRadius ** 2 / rightRadius ** 2 / (left / right)).toBeCloseTo(1, 9);
        const drawn = drawnOverlap(left, right, overlap);
        expect(Math.abs(drawn - overlap)).toBeLessThanOrEqual(1e-6 * overlap + 1e-9 * Math.max(left, right));
      }),
    );
  });

  it('the lens agrees with counting points', () => {
    const [left, right, depth] = [1, 0.7, 0.5];
    const distance = left + right - depth;
    let inside = 0;
    const steps = 1000;
    for (let i = 0; i < steps; i++) {
      for (let j = 0; j < steps; j++) {
        const [x, y] = [(2 * (i + 0.5)) / steps - 1, (2 * (j + 0.5)) / steps - 1];
        if (x * x + y * y <= left * left && (x - distance) ** 2 + y * y <= right * right) inside++;
      }
    }
    expect(lensArea(left, right, depth)).toBeCloseTo((4 * inside) / steps ** 2, 2);
  });

  it('nothing in common, one within the other, the same set, one against a billion', () => {
    expect(venn(10, 40, 0)).toMatchObject({ relation: 'apart', leftRadius: 0.5, rightRadius: 1 });
    expect(venn(10, 40, 0).distance).toBeGreaterThan(1.5);
    expect(venn(10, 40, 10)).toMatchObject({ relation: 'inside', distance: 0.5 });
    expect(venn(7, 7, 7)).toMatchObject({ relation: 'equal', distance: 0 });
    expect(venn(1, 1e9, 1)).toMatchObject({ relation: 'inside', rightRadius: 1 });
    expect(drawnOverlap(1e9, 1e9, 1)).toBeCloseTo(1, 6); // as thin as a lens gets
  });

  it.each([
    [0, 1, 0],
    [5, 5, 6],
    [5, 5, -1],
    [5.5, 5, 1],
  ])('no sets of %d and %d share %d', (left, right, overlap) => {
    expect(() => venn(left, right, overlap)).toThrow(RangeError);
  });
});

describe('the page', () => {
  const samples: [string, Summary][] = [
    ['members', MEMBERS],
    ['count', COUNT],
    ['sum', SUM],
    ['frequency', FREQUENCY],
    ['suppressed', SUPPRESSED],
  ];

  it.each(samples)('%s: loads and runs nothing, and its style is the one allowed', (_, summary) => {
    const page = reportPage(summary);
    expect(page).not.toMatch(/<script|<link|<img|<iframe|<object|javascript:|\son\w+=|\sstyle=|@import/i);
    // The only address is a place in the page itself.
    expect(page.match(/url\([^)]*\)|https?:|(?:href|src)=/g)?.every((found) => /^url\(#/.test(found))).toBe(true);
    const style = /<style>([\s\S]*)<\/style>/.exec(page)![1]!;
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page).toContain(`content="default-src 'none'; style-src 'sha256-${hash}'"`);
  });

  it.each(samples)('%s: tags are balanced', (_, summary) => {
    const open: string[] = [];
    const empty = new Set(['meta', 'rect', 'circle', 'line', 'path', 'ellipse']);
    const body = reportPage(summary).replace(/<style>[\s\S]*<\/style>/, '');
    for (const [, slash, tag, self] of body.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*?(\/?)>/gi)) {
      if (slash) expect(open.pop()).toBe(tag);
      else if (!self && !empty.has(tag!)) open.push(tag!);
    }
    expect(open).toEqual([]);
  });

  it('says what was found, and in sum of what', () => {
    expect(reportPage(COUNT)).toContain('6,412');
    const sum = reportPage(SUM);
    expect(sum).toContain('18,734,029');
    expect(sum).toContain('spend_cents');
    for (const number of ['2,501', '1,307', '3–4', '5–9', '10+', '3,911'])
      expect(reportPage(FREQUENCY)).toContain(number);
    expect(reportPage(MEMBERS, ['result.csv'])).toContain('<code>result.csv</code>');
  });

  it.each(samples)('%s: what each party learned, every rule with what enforces it, bytes and phases', (_, summary) => {
    const page = reportPage(summary);
    for (const sentence of [...summary.learned.left, ...summary.learned.right]) expect(page).toContain(sentence);
    const [cryptography, policy] = page.split('held policy');
    for (const { rule, enforcedBy } of summary.policy) {
      expect(enforcedBy === 'policy' ? policy : cryptography).toContain(`${rule}: <b>`);
    }
    for (const text of ['1.83 MB', '2.24 MB', '796', '11,310', '7.42 s', summary.session]) expect(page).toContain(text);
    for (const { phase } of summary.phases) expect(page).toContain(`<rect class="phase ${phase}"`);
  });

  it('a suppressed run shows no overlap, not even in its drawing', () => {
    const page = reportPage(SUPPRESSED);
    expect(page).toContain('Suppressed');
    expect(page).not.toContain('set both');
    expect(page).not.toContain('in both sets</span>');
  });

  it('the side that answers sees that the result went away', () => {
    const page = reportPage({ ...COUNT, party: 'right', count: null });
    expect(page).toContain('The result went to the left side');
    expect(page).not.toContain('6,412');
  });

  it('names are shown, not obeyed', () => {
    const nasty = '</bdi><script>alert(1)</script>" onload="x\u202Egnp.exe\u0000\ud800';
    const input = { file: nasty, key: [nasty, nasty], value: nasty, rows: 1 };
    const page = reportPage({
      ...SUM,
      inputs: { left: input, right: input },
      learned: { left: [nasty], right: [nasty] },
      policy: [{ rule: nasty, value: nasty, enforcedBy: 'policy', note: nasty }],
      phases: [{ phase: nasty, side: 'left', seconds: 1 }],
      versions: { subrosa: nasty, protocol: nasty, suite: nasty, normalisation: nasty },
      session: nasty,
      identities: { left: nasty, right: nasty },
      finished: nasty,
    });
    expect(page).not.toMatch(/<script|" onload|[^\P{Cc}\n]|\p{Cf}|\p{Cs}/u);
    expect(page).toContain('\\u{202e}gnp.exe');
    expect(
      reportPage({ ...SUM, inputs: { left: { ...input, file: 'x'.repeat(10_000) }, right: null } }).length,
    ).toBeLessThan(60_000);
  });

  it('draws any sizes and any histogram', () => {
    const integer = fc.integer({ min: 1, max: 1_000_000_000 });
    const users = fc.array(fc.integer({ min: -5000, max: 1_000_000 }), { minLength: 1, maxLength: 64 });
    fc.assert(
      fc.property(integer, integer, fc.double({ min: 0, max: 1, noNaN: true }), users, (left, right, share, bars) => {
        const count = Math.floor(share * Math.min(left, right));
        const page = reportPage({
          ...FREQUENCY,
          sizes: { left, right },
          count,
          noise: { mechanism: 'discrete-laplace', scale: 50, within95: 150 },
          frequency: {
            buckets: bars.map((n, i) => ({ atLeast: (i + 1) ** 2, users: n })),
            histogram: bars.map((n, i) => ({ exposures: (i + 1) ** 2, upTo: (i + 2) ** 2 - 1, users: n })),
          },
        });
        expect(page).not.toMatch(/NaN|Infinity|undefined|(?:width|height|r)="-/);
      }),
      { numRuns: 60 },
    );
  });
});

it('units', () => {
  expect([0, 999, 1000, 1_830_412, 999_600].map(bytes)).toEqual(['0 B', '999 B', '1 kB', '1.83 MB', '1 MB']);
  expect([0, 0.0123, 0.9999, 12.34, 59.99, 200, 7500].map(duration)).toEqual([
    '0 ms',
    '12.3 ms',
    '1 s',
    '12.3 s',
    '1 min 0 s',
    '3 min 20 s',
    '2 h 5 min',
  ]);
  expect([percent(1, 3), percent(1, 1e6), percent(0, 5), percent(5, 5), percent(99_999, 100_000)]).toEqual([
    '33.3 %',
    '< 0.1 %',
    '0 %',
    '100 %',
    '> 99.9 %',
  ]);
});
