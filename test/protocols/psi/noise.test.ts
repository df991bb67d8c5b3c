import { describe, expect, it } from 'vitest';
import { drawNoise, type Noise, noiseBound } from '../../../src/dp/index.ts';
import { ProtocolError } from '../../../src/errors.ts';
import { decodeHello, encodeHello } from '../../../src/protocols/psi/codec.ts';
import {
  type Channel,
  type Hello,
  memorySource,
  type PsiParameters,
  RefusedByPeer,
  refusal,
  runReceiver,
  runSender,
} from '../../../src/protocols/psi/index.ts';
import { throwRefusal } from '../../../src/protocols/psi/refusal.ts';

function channels(): [Channel, Channel] {
  const queue = () => new TransformStream<Uint8Array>(undefined, undefined, { highWaterMark: 1000 });
  const [a, b] = [queue(), queue()];
  const end = (inward: typeof a, outward: typeof a): Channel => {
    const reader = inward.readable.getReader();
    const writer = outward.writable.getWriter();
    return { send: (frame) => writer.write(frame), receive: async () => (await reader.read()).value! };
  };
  return [end(a, b), end(b, a)];
}

const ids = Array.from({ length: 20 }, (_, i) => `id${i}`);
const base = { normalisation: 'exact/1', maximumSize: 100 } as const;

async function run(parameters: PsiParameters, noise: Noise | undefined, values: number[]) {
  const [a, b] = channels();
  const [{ result, agreement }] = await Promise.all([
    runReceiver(parameters, memorySource(ids, 'rows'), a),
    runSender({ ...parameters, ...(noise && { noise }) }, memorySource(ids, 'shuffled', values), b),
  ]);
  return { result, agreement };
}

describe('noise of the sender', () => {
  it('moves sums both ways, below zero too, within its bound; the count stays exact', async () => {
    const noise: Noise = { mechanism: 'discrete-laplace', numerator: 40, denominator: 1 };
    const seen: number[] = [];
    for (let i = 0; i < 12; i++) {
      const { result, agreement } = await run(
        { ...base, reveal: 'sum', valueBits: 1 },
        noise,
        ids.map(() => 0),
      );
      expect(agreement.noise).toEqual(noise);
      expect(result.count).toBe(20);
      expect(Math.abs(result.sum!)).toBeLessThanOrEqual(noiseBound(noise));
      seen.push(result.sum!);
    }
    expect(new Set(seen).size).toBeGreaterThan(6);
    expect(Math.min(...seen)).toBeLessThan(0);
    expect(Math.max(...seen)).toBeGreaterThan(0);
  });

  it('is drawn for every bucket on its own', async () => {
    const noise: Noise = { mechanism: 'discrete-gaussian', numerator: 400, denominator: 1 };
    const { result } = await run(
      { ...base, reveal: 'frequency', buckets: [1, 2, 3, 4, 5, 6] },
      noise,
      ids.map(() => 0),
    );
    expect(new Set(result.histogram).size).toBeGreaterThan(1);
    for (const users of result.histogram!) expect(Math.abs(users)).toBeLessThanOrEqual(noiseBound(noise));
  });

  it('none where none is declared', async () => {
    const { result, agreement } = await run(
      { ...base, reveal: 'sum', valueBits: 4 },
      undefined,
      ids.map((_, i) => i % 16),
    );
    expect(agreement).toMatchObject({ noise: undefined, noiseBound: 0 });
    expect(result.sum).toBe(ids.reduce((sum, _, i) => sum + (i % 16), 0));
  });

  it('counts towards what can be decoded', async () => {
    const noise: Noise = { mechanism: 'discrete-laplace', numerator: 2 ** 32 - 1, denominator: 1 };
    expect(noiseBound(noise)).toBeLessThan(2 ** 37);
    const wide = { ...base, reveal: 'sum', valueBits: 32 } as const;
    const many = memorySource(
      Array.from({ length: 250 }, (_, i) => `x${i}`),
      'shuffled',
      new Array(250).fill(0),
    );
    const [a, b] = channels();
    const refused = await Promise.allSettled([
      runReceiver(
        { ...wide, maximumSize: 1000 },
        memorySource(
          Array.from({ length: 250 }, (_, i) => `x${i}`),
          'rows',
        ),
        a,
      ),
      runSender({ ...wide, maximumSize: 1000, noise }, many, b),
    ]);
    for (const end of refused) expect(end).toMatchObject({ status: 'rejected', reason: { code: 'policy' } });
  });

  it('is refused where it would be theatre', async () => {
    const noise: Noise = { mechanism: 'discrete-laplace', numerator: 1, denominator: 1 };
    const [a] = channels();
    const source = memorySource(ids, 'rows');
    for (const reveal of ['members', 'count'] as const) {
      await expect(runSender({ ...base, reveal, noise }, source, a)).rejects.toThrow(/the receiver counts by itself/);
    }
    await expect(runReceiver({ ...base, reveal: 'sum', valueBits: 1, noise }, source, a)).rejects.toThrow(
      /sender's to add/,
    );
  });

  it('is written exactly, and anything else is malformed', () => {
    const hello: Hello = {
      ...{ role: 'sender', reveal: 'sum', mutual: false, normalisation: 'exact/1', nonce: new Uint8Array(32) },
      ...{ size: 1, maximum: 1, minimum: 0, chunk: 1, valueBits: 8, buckets: [], elgamalKey: new Uint8Array(32) },
      noise: { mechanism: 'discrete-gaussian', numerator: 7, denominator: 3 },
    };
    const body = encodeHello(hello);
    expect(decodeHello(body).noise).toEqual(hello.noise);
    const changed = (at: number, bytes: number[]) => {
      const copy = body.slice();
      copy.set(bytes, body.length - 9 + at);
      return () => decodeHello(copy);
    };
    for (const [at, bytes] of [
      [0, [3]], // no such mechanism
      [0, [0]], // a ratio without one
      [1, [0, 0, 0, 0]],
      [5, [0, 0, 0, 0]],
    ] as const) {
      expect(changed(at, [...bytes])).toThrow(expect.objectContaining({ code: 'malformed' }));
    }
    for (const wrong of [{ role: 'receiver' }, { reveal: 'count', valueBits: 0 }] as const) {
      expect(() => decodeHello(encodeHello({ ...hello, ...wrong }))).toThrow(/noise from a/);
    }
  });

  it('draws differ from run to run', () => {
    const noise: Noise = { mechanism: 'discrete-laplace', numerator: 1000, denominator: 1 };
    expect(new Set(Array.from({ length: 20 }, () => drawNoise(noise))).size).toBeGreaterThan(10);
  });
});

describe('refusals', () => {
  const session = new Uint8Array(32).fill(7);
  const thrown = (frame: Uint8Array, of = session): unknown => {
    try {
      throwRefusal(of, frame, 'Hello');
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it('carry the reason to the other side', () => {
    const error = thrown(refusal(new ProtocolError('policy', 'the budget is used up'), session));
    expect(error).toBeInstanceOf(RefusedByPeer);
    expect(error).toMatchObject({ code: 'policy', message: 'the peer refused: the budget is used up', phase: 'Hello' });
  });

  it('say nothing of what was found in a set, nor of our own mistakes', () => {
    for (const error of [
      new ProtocolError('overflow', 'result 0 is not in 0 .. 41'),
      new RangeError('value 77 of item 3'),
      'text',
    ]) {
      expect(thrown(refusal(error, session))).toMatchObject({
        code: 'aborted',
        message: 'the peer refused: the peer had to stop',
      });
    }
  });

  it('cannot move the cursor of a terminal', () => {
    const error = thrown(refusal(new ProtocolError('policy', '\x1b[2Jgone\r\n\u202eevil\u2028'), session)) as Error;
    expect(error.message).toBe('the peer refused: ?[2Jgone???evil?');
  });

  it('count before there is a session, and not of another one', () => {
    const error = new ProtocolError('policy', 'no');
    expect(thrown(refusal(error))).toMatchObject({ code: 'policy' });
    expect(thrown(refusal(error, new Uint8Array(32).fill(8)))).toMatchObject({ code: 'wrong-session' });
  });

  it('are decoded strictly', () => {
    const frame = refusal(new ProtocolError('policy', 'no'), session);
    for (let length = 6; length < frame.length; length++) {
      expect(thrown(frame.subarray(0, length))).toBeInstanceOf(ProtocolError);
    }
    expect(thrown(Uint8Array.of(...frame, 0))).toMatchObject({ code: 'malformed' });
    const unknown = frame.slice();
    unknown[39] = 0x58; // "Xolicy"
    expect(thrown(unknown)).toMatchObject({ code: 'malformed' });
  });

  it('end both sides of a run with the same reason', async () => {
    const [a, b] = channels();
    const ends = await Promise.allSettled([
      runReceiver({ ...base, reveal: 'count' }, memorySource(ids, 'rows'), a),
      runSender({ ...base, reveal: 'count', maximumSize: 5 }, memorySource(ids, 'shuffled'), b),
    ]);
    expect(ends[1]).toMatchObject({
      reason: { code: 'policy', message: 'the peer announces 20 identifiers, at most 5 are accepted' },
    });
    expect(ends[0]).toMatchObject({ reason: { code: 'policy' } });
  });
});
