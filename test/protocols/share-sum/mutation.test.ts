import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import { inlineExecutor } from '../../../src/kernels/index.ts';
import { zeroVector } from '../../../src/math/index.ts';
import {
  type ShareSumParameters,
  shareSumClient,
  shareSumCollector,
  shareSumServer,
  TAG_BYTES,
  TYPES,
} from '../../../src/protocols/share-sum/index.ts';
import { plainSum, play, type Sent, spec } from './harness.ts';
import { oneSumAtMost } from './simulation.ts';

const parameters: ShareSumParameters = { mode: 'shamir', threshold: 2 };
const round = spec(3, 3, { length: 2, bits: 13 });

describe('every byte of every message, changed on its way', () => {
  it('leaves the sum exact or stops the round with a named error', async () => {
    const { transcript } = await play(round, parameters);
    for (const [target, message] of transcript.entries()) {
      // The body of a share is the client's to choose: a changed one is another input, or noticed as no polynomial.
      const end = message.frame[5] === TYPES.share ? 39 + TAG_BYTES : message.frame.length;
      for (let at = 0; at < end; at++) {
        let sent = -1;
        const network = (m: Sent) => {
          sent++;
          if (sent !== target) return true;
          const frame = m.frame.slice();
          frame[at]! ^= 1 << (at % 8);
          return [{ ...m, frame }];
        };
        const result = await play(round, parameters, { network });
        if (result.outcome === undefined) expect(result.errors.get('collector')).toBeInstanceOf(ProtocolError);
        else expect(result.outcome.sum).toEqual(plainSum(round, result.inputs, result.outcome.survivors));
        oneSumAtMost(result, parameters);
      }
    }
  });
});

describe('arbitrary bytes', () => {
  it('make no party throw anything but a ProtocolError', async () => {
    const honest = (await play(round, parameters)).transcript;
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .tuple(fc.nat(honest.length - 1), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat())
        .map(([i, changes, cut]) => {
          const bytes = honest[i]!.frame.slice();
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          return cut % 3 === 0 ? bytes.slice(0, cut % bytes.length) : bytes;
        }),
    );
    const sender = fc.constantFrom('collector', 'client-0', 'client-1', 'server-0', 'server-2', 'mallory', '__proto__');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(sender, frame), { maxLength: 12 }), async (messages) => {
        const parties = [
          shareSumCollector(round, parameters),
          shareSumServer(round, parameters, { id: 'server-1' }, inlineExecutor),
          shareSumClient(round, parameters, { id: 'client-2' }, zeroVector(13, 2), inlineExecutor),
        ];
        for (const party of parties) {
          for (const [from, bytes] of messages) {
            try {
              await party.receive(from, bytes);
            } catch (error) {
              expect(error).toBeInstanceOf(ProtocolError);
            }
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
