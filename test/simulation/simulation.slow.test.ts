import { describe, expect, it } from 'vitest';
import type { Sum } from '../../src/protocols/index.ts';
import { check, playOut, type Run, type Subject, simulate } from './scenario.ts';
import { SUBJECTS } from './subjects.ts';

/**
 * Thousands of small rounds in bad weather. Every one ends in the exact sum over the declared survivors or a typed error, and reveals nothing
 * that its scheme promises to hide. `SUBROSA_NIGHTLY=1` plays more of them; a failure names its seed, and
 *
 *     SUBROSA_SEED=<seed> npx vitest run test/simulation
 *
 * replays that round alone.
 */
const ROUNDS = process.env['SUBROSA_NIGHTLY'] === '1' ? 100_000 : 5_000;
/** Rounds in one test, so that none takes long. */
const CHUNK = 1_000;
const SEED = process.env['SUBROSA_SEED'];

async function replayable(subject: Subject, number: number): Promise<Run> {
  try {
    return await simulate(subject, number);
  } catch (cause) {
    const seed = `${subject.name}:${number}`;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${why}\n  replay: SUBROSA_SEED=${seed} npx vitest run test/simulation`, { cause });
  }
}

describe.skipIf(SEED !== undefined)('a simulated network', () => {
  const shares = SUBJECTS.reduce((sum, { share }) => sum + share, 0);
  for (const { subject, share } of SUBJECTS) {
    const rounds = Math.ceil((ROUNDS * share) / shares);
    for (let from = 0; from < rounds; from += CHUNK) {
      const to = Math.min(rounds, from + CHUNK);
      it(`${subject.name}: rounds ${from} to ${to - 1}`, async () => {
        let sums = 0;
        let drops = 0;
        for (let number = from; number < to; number++) {
          const { endings, round } = await replayable(subject, number);
          const server = endings.find(({ id, end }) => id === round.spec.server.id && end === 'done');
          if (server === undefined) continue;
          sums += 1;
          if ((server.party.outcome as Sum).dropped.length > 0) drops += 1;
        }
        // The weather must leave something to check: sums, some of them with dropouts, and failures.
        expect(sums).toBeGreaterThan((to - from) / 5);
        expect(sums).toBeLessThan(to - from);
        expect(drops).toBeGreaterThan((to - from) / 50);
      });
    }
  }
});

describe.runIf(SEED !== undefined)('a replayed round', () => {
  it(`${SEED}`, async () => {
    const [name, number] = SEED!.split(':');
    const found = SUBJECTS.find(({ subject }) => subject.name === name);
    expect(found, `SUBROSA_SEED is <subject>:<number>, with one of ${names()}`).toBeDefined();
    const run = await playOut(found!.subject, Number(number));
    console.log(story(run));
    check(run);
  });
});

function names(): string {
  return SUBJECTS.map(({ subject }) => subject.name).join(', ');
}

/** Who did what, in lines. */
function story({ seed, faults, corrupt, endings, sent }: Run): string {
  const frames = sent.map(
    ({ from, life, to, frame }) => `${from}#${life} -> ${to}: type ${frame[5]}, ${frame.length} bytes`,
  );
  const ends = endings.map(
    ({ id, life, end, error }) => `${id}#${life} ${end}${error instanceof Error ? `: ${error.message}` : ''}`,
  );
  return [
    `${seed}: ${JSON.stringify(faults)}, corrupt: ${[...corrupt].join() || 'nobody'}`,
    ...frames.slice(0, 200),
    ...ends,
  ].join('\n  ');
}
