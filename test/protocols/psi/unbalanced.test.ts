import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import { inlineExecutor } from '../../../src/kernels/index.ts';
import { UnbalancedClient, UnbalancedServer } from '../../../src/protocols/psi/index.ts';
import { decodeCompactSet, encodeCompactSet, filterValues } from '../../../src/protocols/psi/unbalanced/golomb.ts';
import { randomBytes, SeededRng } from '../../../src/random/index.ts';

const rng = (seed: number) => new SeededRng(new Uint8Array(32).fill(seed));
const points = inlineExecutor.points;
const options = { normalisation: 'email/1' };
const serverSet = Array.from({ length: 300 }, (_, i) => `user${i}@example.org`);
const clientSet = ['user7@example.org', 'nobody@example.org', 'user299@example.org', 'user300@example.org'];
const server = await UnbalancedServer.prepare(serverSet, options, points, rng(1));

const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return 'accepted';
};

describe('unbalanced intersection', () => {
  it('finds which of a client\u2019s identifiers the server has', async () => {
    const client = new UnbalancedClient(server.setup, options, rng(2));
    expect(client.serverSize).toBe(300);
    const [awaiting, query] = await client.query(clientSet, points);
    expect(awaiting.receive(server.answer(query))).toEqual([0, 2]);
  });

  it('a second query is blinded afresh', async () => {
    const client = new UnbalancedClient(server.setup, options);
    const [, first] = await client.query(clientSet, points);
    const [, second] = await client.query(clientSet, points);
    expect(first).not.toEqual(second);
  });

  it('refuses a server that uses another key than it published', async () => {
    const other = await UnbalancedServer.prepare(serverSet, options, points, rng(3));
    const [awaiting, query] = await new UnbalancedClient(server.setup, options).query(clientSet, points);
    expect(code(() => other.answer(query))).toBe('wrong-session');
    const answer = server.answer(query);
    answer[38 + 32 + 64 + 4]! ^= 1;
    expect(['key-mismatch', 'not-canonical']).toContain(code(() => awaiting.receive(answer)));
    expect(() => awaiting.receive(answer)).toThrow(TypeError);
  });

  it('refuses answers to another query, of another size, and cut off', async () => {
    const client = new UnbalancedClient(server.setup, options);
    const [, other] = await client.query(clientSet, points);
    const refused = async (change: (answer: Uint8Array) => Uint8Array) => {
      const [awaiting, query] = await client.query(clientSet, points);
      return code(() => awaiting.receive(change(server.answer(query))));
    };
    expect(await refused(() => server.answer(other))).toBe('equivocation');
    expect(await refused((answer) => answer.subarray(0, -1))).toBe('malformed');
    expect(await refused((answer) => Uint8Array.from([...answer, 0]))).toBe('malformed');
  });

  it('refuses queries that are malformed, repeat an element, or ask too much', async () => {
    const strict = await UnbalancedServer.prepare(serverSet, { ...options, maximumQuery: 4 }, points, rng(4));
    const client = new UnbalancedClient(strict.setup, options);
    const [, query] = await client.query(clientSet, points);
    expect(code(() => strict.answer(query.subarray(0, -1)))).toBe('malformed');
    const repeated = query.slice();
    repeated.copyWithin(query.length - 32, query.length - 64, query.length - 32);
    expect(code(() => strict.answer(repeated))).toBe('duplicate-element');
    const identity = query.slice();
    identity.fill(0, query.length - 32);
    expect(code(() => strict.answer(identity))).toBe('identity-element');
    const [, long] = await client.query([...clientSet, 'one@more'], points);
    expect(code(() => strict.answer(long))).toBe('policy');
    await expect(client.query([], points)).rejects.toThrow(RangeError);
    await expect(client.query(['a', 'a'], points)).rejects.toThrow(/distinct/);
  });

  it('refuses another normalisation', () => {
    expect(code(() => new UnbalancedClient(server.setup, { normalisation: 'phone/1' }))).toBe('policy');
  });
});

describe('the compact set', () => {
  it('comes back as it went in, and every truncation is refused', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 255 }),
        (n, bits, seed) => {
          const outputs = randomBytes(64 * n, rng(seed));
          const set = encodeCompactSet(outputs, bits);
          expect(decodeCompactSet(set)).toEqual(filterValues(outputs, n, bits).sort());
          expect(code(() => decodeCompactSet({ ...set, code: set.code.subarray(0, -1) }))).toBe('malformed');
          expect(code(() => decodeCompactSet({ ...set, code: Uint8Array.from([...set.code, 0]) }))).toBe('malformed');
        },
      ),
    );
  });

  it('holds about bits + 1.5 bits an element', () => {
    const set = encodeCompactSet(randomBytes(64 * 4000, rng(5)), 40);
    expect((8 * set.code.length) / 4000).toBeLessThan(42);
  });
});
