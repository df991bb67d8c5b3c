import { afterAll, describe, expect, it } from 'vitest';
import { bfvSum } from '../../../src/aggregate/index.ts';
import { toHex } from '../../../src/bytes/index.ts';
import { SharedKey } from '../../../src/protocols/ckks-sum/index.ts';
import { TYPES } from '../../../src/protocols/ckks-sum/messages.ts';
import { InlineSealEngine } from '../../../src/seal/index.ts';
import { type Run, type Subject, simulate } from '../../simulation/scenario.ts';

/** Bad weather: frames lost, repeated and late, parties that crash, restart and garble what they send. */
const engine = new InlineSealEngine();
afterAll(() => engine[Symbol.asyncDispose]());

/** A decryptor decrypts one sum in its life, and only one that t decryptors signed. */
function oneDecryption({ sent, round, corrupt }: Run): void {
  for (const { id } of round.spec.helpers) {
    if (corrupt.has(id)) continue;
    const partials = sent.filter(({ from, intended }) => from === id && intended[5] === TYPES.partial);
    const different = new Set(partials.map(({ intended }) => toHex(intended.subarray(38, 138))));
    if (different.size > 1) throw new Error(`${id} decrypted ${different.size} times`);
  }
}

const sharedKey = await SharedKey.generate('exact', engine);
const subjects: Subject[] = [
  {
    name: 'bfv-threshold',
    scheme: (_clients, helpers, rng) =>
      bfvSum({
        engine,
        threshold: Math.max(2, helpers - 1),
        check: rng.fill(new Uint8Array(1))[0]! % 2 ? 'sum' : 'uploads',
      }),
    helpers: (rng) => 2 + (rng.fill(new Uint8Array(1))[0]! % 3),
    smallest: 2,
    largest: 6,
    oracle: oneDecryption,
  },
  { name: 'bfv-shared', scheme: () => bfvSum({ engine, sharedKey }), smallest: 2, largest: 6 },
];

describe.each(subjects)('$name in bad weather', (subject) => {
  it('ends in the exact sum or a named error', async () => {
    let done = 0;
    const runs = 60;
    for (let number = 0; number < runs; number++) {
      const { endings } = await simulate(subject, number);
      if (endings.some(({ id, end }) => id === 'server' && end === 'done')) done++;
    }
    expect(done).toBeGreaterThan(runs / 4);
  });
});
