import { transferHandlers } from 'comlink';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, ProtocolError } from '../../src/errors.ts';
import { packError, registerErrorTransfer, unpackError } from '../../src/workers/error-transfer.ts';

const travel = (error: Error): Error => unpackError(structuredClone(packError(error)));

describe('errors across threads', () => {
  it.each(ERROR_CODES)('a ProtocolError with code %s', (code) => {
    const error = new ProtocolError(code, 'found 3, expected 4', { phase: 'Unmask', culprits: ['eve'] });
    const arrived = travel(error) as ProtocolError;
    expect(arrived).toBeInstanceOf(ProtocolError);
    expect(arrived).toEqual(error);
    expect(arrived.code).toBe(code);
    expect(arrived.stack).toBe(error.stack);
  });

  it('a ProtocolError with nothing but a code', () => {
    const arrived = travel(new ProtocolError('malformed', 'x')) as ProtocolError;
    expect(arrived.phase).toBeUndefined();
    expect(arrived.culprits).toEqual([]);
    expect('cause' in arrived).toBe(false);
  });

  it.each([Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError])('%o', (type) => {
    const arrived = travel(new type('what', { cause: new ProtocolError('policy', 'why') }));
    expect(arrived.constructor).toBe(type);
    expect(arrived.message).toBe('what');
    expect(arrived.cause).toBeInstanceOf(ProtocolError);
  });

  it('an error that claims a code we do not have is no ProtocolError', () => {
    const arrived = unpackError({ name: 'ProtocolError', message: 'x', code: 'made-up' });
    expect(arrived).not.toBeInstanceOf(ProtocolError);
    expect(arrived).toMatchObject({ name: 'ProtocolError', code: 'made-up' });
  });

  it('causes that go round in circles are cut', () => {
    const error = new Error('a');
    error.cause = error;
    let depth = 0;
    for (let at: unknown = travel(error); at instanceof Error; at = at.cause) depth++;
    expect(depth).toBe(9);
  });

  it('a falsy cause is still a cause', () => {
    for (const cause of [0, '', false, null, 0n]) expect(travel(new Error('x', { cause })).cause).toBe(cause);
  });

  it('understands and is understood by a side with the handler that comlink has by itself', () => {
    const plain = transferHandlers.get('throw')!;
    registerErrorTransfer();
    registerErrorTransfer();
    const ours = transferHandlers.get('throw')!;
    expect(ours).not.toBe(plain);
    const caught = (run: () => unknown): unknown => {
      try {
        return run();
      } catch (error) {
        return error;
      }
    };
    for (const thrown of [new RangeError('too large'), 'text', undefined]) {
      const [wire] = collect(() => {
        throw thrown;
      });
      for (const [from, to] of [
        [ours, plain],
        [plain, ours],
        [ours, ours],
      ] as const) {
        const arrived = caught(() => to.deserialize(structuredClone(from.serialize(wire)[0])));
        if (thrown instanceof Error) expect(arrived).toMatchObject({ name: 'RangeError', message: 'too large' });
        else expect(arrived).toBe(thrown);
      }
    }

    /** comlink marks a thrown value with a symbol of its own; serialisers look at `value` only. */
    function collect(run: () => never): [{ value: unknown }] {
      return [{ value: caught(run) }];
    }
  });
});
