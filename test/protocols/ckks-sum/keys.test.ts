import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { ckksSum } from '../../../src/aggregate/index.ts';
import { inlineExecutor } from '../../../src/kernels/index.ts';
import {
  type CkksSumParameters,
  JointKey,
  KeyShare,
  keyGenerationDecryptor,
  keyGenerationServer,
  SharedKey,
} from '../../../src/protocols/ckks-sum/index.ts';
import type { Outgoing, Party } from '../../../src/protocols/index.ts';
import { InlineSealEngine, parameterSet } from '../../../src/seal/index.ts';
import { type Case, makeCase, play } from '../../conformance/play.ts';
import { expectExact } from '../../conformance/scheme.ts';

const engine = new InlineSealEngine();
afterAll(() => engine[Symbol.asyncDispose]());

const parameters: CkksSumParameters = {
  arithmetic: 'ckks',
  set: 'threshold',
  threshold: 2,
  rounds: 2,
  statisticalSecurity: 40,
  check: 'uploads',
};

/** Carries frames between the server and the decryptors until nobody has anything to say. */
async function makeKeys({ spec, identities }: Case, silent: readonly string[] = []) {
  const server = keyGenerationServer(spec, parameters, { engine });
  const decryptors = new Map(
    spec.helpers.map(({ id }) => [id, keyGenerationDecryptor(spec, parameters, identities.get(id)!, { engine })]),
  );
  const all = new Map<string, Party<unknown>>([[server.id, server], ...decryptors]);
  const queue: (Outgoing & { from: string })[] = [];
  const send = (from: string, outgoing: Outgoing[]) => {
    if (!silent.includes(from)) queue.push(...outgoing.map((message) => ({ ...message, from })));
  };
  for (const party of all.values()) send(party.id, await party.start());
  for (;;) {
    for (let hop = queue.shift(); hop !== undefined; hop = queue.shift()) {
      send(hop.to, await all.get(hop.to)!.receive(hop.from, hop.frame));
    }
    const { phase } = server.status;
    if (phase === 'Done') break;
    send(server.id, await server.deadline(phase));
  }
  return { joint: server.outcome!, shares: new Map([...decryptors].map(([id, party]) => [id, party.outcome])) };
}

describe('keys made once', async () => {
  const round = (number: number) => makeCase('keys', { clients: 4, helpers: 3, round: number, bits: 32 });
  const { joint, shares } = await makeKeys(round(0));

  const schemeFor = (id?: string) =>
    ckksSum({
      engine,
      threshold: 2,
      rounds: 2,
      key: { joint, ...(id === undefined ? {} : { share: shares.get(id)! }) },
    });
  /** The scheme as each party has it: a decryptor with its own share. */
  const together = {
    ...schemeFor(),
    helper: (spec: Case['spec'], me: { id: string }, ...rest: never[]) =>
      schemeFor(me.id).helper!(spec, ...([me, ...rest] as unknown as [never, never])),
  };

  it('serve the agreed number of rounds, and not one more', async () => {
    for (const number of [1, 2]) {
      const from = round(number);
      const played = await play(together, from);
      expect(played.errors).toEqual(new Map());
      expectExact(from, played, together.errorBound!(from.spec));
      expect(played.phases[0]).toBe('Upload');
      expect(played.hops.filter(({ from: id }) => id === 'helper-0').length).toBeGreaterThan(0);
    }
    const over = await play(together, round(3));
    expect(over.sum).toBeUndefined();
    expect(over.errors.get('helper-0')).toMatchObject({ code: 'policy' });
    expect(over.errors.get('server')).toMatchObject({ code: 'below-threshold' });
  });

  it('are refused in a round whose noise is sized for fewer rounds than they serve', () => {
    const { spec, identities } = round(4);
    const share = shares.get('helper-1')!;
    const key = { joint, share };
    const helper = (rounds?: number) =>
      ckksSum({ engine, threshold: 2, key, ...(rounds === undefined ? {} : { rounds }) }).helper!(
        spec,
        identities.get('helper-1')!,
        inlineExecutor,
      );
    expect(() => helper()).toThrow('a key share for 2 rounds, but the noise of this round is sized for 1');
    expect(() => helper(2)).not.toThrow();
    expect(() => helper(5)).not.toThrow();
  });

  it('answer once per session', () => {
    const share = shares.get('helper-2')!;
    const session = new Uint8Array(32).fill(9);
    const left = share.left;
    if (left === 0) return;
    share.take(session);
    expect(share.left).toBe(left - 1);
    expect(() => share.take(session)).toThrow(expect.objectContaining({ code: 'already-revealed' }));
  });

  it('remember what they were used for when stored', () => {
    const share = shares.get('helper-0')!;
    const { decryptors } = joint.parts;
    const restored = KeyShare.import(share.export(), decryptors);
    expect(restored.left).toBe(share.left);
    expect(restored.index).toBe(0);
    expect(restored.joint.id).toEqual(joint.id);
    expect(() => KeyShare.import(share.export().slice(0, -1), decryptors)).toThrow(
      expect.objectContaining({ code: 'malformed' }),
    );
  });

  it('are gone when wiped', () => {
    const spare = KeyShare.import(shares.get('helper-1')!.export(), joint.parts.decryptors);
    spare.wipe();
    expect(spare.left).toBe(0);
    expect(() => spare.take(new Uint8Array(32))).toThrow(expect.objectContaining({ code: 'policy' }));
  });

  it('do not print', () => {
    const share = shares.get('helper-0')!;
    for (const text of [String(share), JSON.stringify(share), inspect(share)])
      expect(text).toMatch(/secret key share 1 of 3/);
  });

  it('are taken by clients only with enough signatures of the pinned decryptors', () => {
    const { decryptors, set } = joint.parts;
    const bytes = joint.encode();
    expect(JointKey.decode(bytes, set, decryptors).id).toEqual(joint.id);
    const refuse = (mutant: Uint8Array, code: string, roster = decryptors) =>
      expect(() => JointKey.decode(mutant, set, roster)).toThrow(expect.objectContaining({ code }));
    for (const [at, code] of [
      [0, 'bad-signature'], // session
      [32, 'bad-signature'], // threshold
      [100, 'bad-signature'], // b
    ] as const) {
      refuse(bytes.with(at, bytes[at]! ^ 1), code);
    }
    refuse(bytes.with(32, 1), 'weak-parameters');
    refuse(bytes.slice(0, -1), 'malformed');
    refuse(Uint8Array.of(...bytes, 0), 'malformed');
    const signatures = 32 + 2 + 3 + (4096 * 106) / 8;
    refuse(bytes.slice(0, signatures + 1 + 65).with(signatures, 1), 'below-threshold');
    refuse(bytes, 'bad-signature', [decryptors[1]!, decryptors[0]!, decryptors[2]!]);
  });

  it('are made by those who are there', async () => {
    const made = await makeKeys(round(7), ['helper-1']);
    expect(made.joint.parts.dealers).toEqual([0, 2]);
    expect(made.shares.get('helper-1')).toBeUndefined();
    await expect(makeKeys(round(8), ['helper-0', 'helper-1'])).rejects.toMatchObject({
      code: 'below-threshold',
      phase: 'KeyCommit',
    });
  });
});

describe('a shared key', async () => {
  const key = await SharedKey.generate('compact', engine);

  it('travels, and is known by its id', () => {
    expect(SharedKey.import('compact', key.export(), key.id).id).toEqual(key.id);
    expect(() => SharedKey.import('compact', key.export(), new Uint8Array(32))).toThrow(
      expect.objectContaining({ code: 'key-mismatch' }),
    );
    expect(() => SharedKey.import('precise', key.export())).toThrow(expect.objectContaining({ code: 'malformed' }));
    expect(() => SharedKey.import('threshold', key.export())).toThrow(RangeError);
    expect(inspect(key)).toBe('[secret shared key, compact]');
    expect(parameterSet('compact').keys).toBe('shared');
  });
});
