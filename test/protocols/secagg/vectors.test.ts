import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chacha20 } from '@noble/ciphers/chacha.js';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/bytes/index.ts';
import { ProtocolError } from '../../../src/errors.ts';
import { inlineExecutor } from '../../../src/kernels/index.ts';
import { packVector, unpackVector } from '../../../src/math/index.ts';
import type { Outgoing, Party, RoundSpec } from '../../../src/protocols/index.ts';
import {
  chooseParameters,
  type SecaggParameters,
  secaggClient,
  secaggServer,
  secaggSession,
} from '../../../src/protocols/secagg/index.ts';
import { SeededRng } from '../../../src/random/index.ts';
import { makeVector, scenarios } from '../../vectors/make-secagg.ts';
import { Stranger } from './stranger.ts';

const FOLDER = new URL('../../vectors/secagg/v1/', import.meta.url);

interface Vector {
  readonly parameters: SecaggParameters;
  readonly spec: Omit<RoundSpec, 'context' | 'clients'> & {
    readonly context: string;
    readonly clients: readonly { readonly id: string; readonly key?: string }[];
  };
  readonly session: string;
  readonly clients: readonly {
    readonly id: string;
    readonly secretKey?: string;
    readonly rng: string;
    readonly input: string;
  }[];
  readonly frames: readonly string[];
  readonly events: readonly {
    readonly party: string;
    readonly receives?: { readonly from: string; readonly frame: number };
    readonly deadline?: string;
    readonly sends: readonly { readonly to: string; readonly frame: number }[];
    readonly error?: string;
  }[];
  readonly refuses?: { readonly by: string; readonly code: string };
  readonly outcome: {
    readonly sum: string;
    readonly survivors: readonly string[];
    readonly dropped: readonly { readonly id: string; readonly phase: string; readonly reason?: string }[];
  } | null;
}

if (process.env['SUBROSA_WRITE_VECTORS']) {
  for (const scenario of scenarios) {
    // One event or frame a line.
    const text = JSON.stringify(await makeVector(scenario), undefined, 1).replace(/\n {3,}/g, ' ');
    writeFileSync(new URL(`${scenario.name}.json`, FOLDER), `${text}\n`);
  }
}

const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

const read = (file: string): Vector => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));

function specOf(spec: Vector['spec']): RoundSpec {
  const clients = spec.clients.map(({ id, key }) => ({ id, ...(key !== undefined && { key: fromHex(key) }) }));
  return { ...spec, context: fromHex(spec.context), clients };
}

describe('transcript vectors, secagg v1', () => {
  it('are those of the scenarios', () => {
    expect(files.sort()).toEqual(scenarios.map(({ name }) => `${name}.json`).sort());
  });

  it.each(files)('%s replays byte for byte', async (file) => {
    const vector = read(file);
    const spec = specOf(vector.spec);
    expect(toHex(secaggSession(spec, vector.parameters))).toBe(vector.session);
    const server = secaggServer(spec, vector.parameters, inlineExecutor);
    const parties = new Map<string, Party<unknown>>([[server.id, server]]);
    for (const { id, secretKey, rng, input } of vector.clients) {
      const me = { id, ...(secretKey !== undefined && { secretKey: fromHex(secretKey) }) };
      const words = unpackVector(fromHex(input), spec.bits, spec.length);
      const generator = new SeededRng(fromHex(rng));
      parties.set(id, secaggClient(spec, vector.parameters, me, words, inlineExecutor, generator));
    }
    const refusals = new Set<string>();
    for (const { party, receives, deadline, sends, error } of vector.events) {
      const actor = parties.get(party)!;
      let sent: Outgoing[] = [];
      let code: string | undefined;
      try {
        if (receives !== undefined) sent = await actor.receive(receives.from, fromHex(vector.frames[receives.frame]!));
        else if (deadline !== undefined) sent = await actor.deadline(deadline);
        else sent = await actor.start();
      } catch (caught) {
        if (!(caught instanceof ProtocolError)) throw caught;
        code = caught.code;
        refusals.add(`${party} ${code}`);
        // Why the server had excluded those whom a failed round lacked.
        if (caught.cause instanceof ProtocolError) refusals.add(`${party} ${caught.cause.code}`);
      }
      expect(sent.map(({ to, frame }) => ({ to, frame: toHex(frame) }))).toEqual(
        sends.map(({ to, frame }) => ({ to, frame: vector.frames[frame] })),
      );
      expect(code).toBe(error);
    }
    const { outcome } = server;
    if (vector.outcome === null) expect(outcome).toBeUndefined();
    else {
      expect(toHex(packVector(outcome!.sum))).toBe(vector.outcome.sum);
      expect(outcome!.survivors).toEqual(vector.outcome.survivors);
      const dropped = outcome!.dropped.map(({ id, phase, reason }) => {
        if (!(reason instanceof ProtocolError)) return { id, phase };
        refusals.add(`${server.id} ${reason.code}`);
        return { id, phase, reason: reason.code };
      });
      expect(dropped).toEqual(vector.outcome.dropped);
    }
    expect(file.startsWith('bad_')).toBe(vector.refuses !== undefined);
    if (vector.refuses !== undefined) {
      expect([...refusals]).toContain(`${vector.refuses.by} ${vector.refuses.code}`);
    } else {
      expect([...refusals]).toEqual([]);
      expect(vector.outcome).not.toBeNull();
    }
  });

  // Those in which nobody leaves before the degree is computed: the stranger is given k and t.
  const whole = files.filter(
    (name) => !/^bad_|sparse_dropouts|advertise_keys|reveal_nonce|does_not_open|retransmission/.test(name),
  );

  it.each(whole)('%s: a client written from the specification alone sends the same bytes', (file) => {
    const { parameters, frames, events, ...vector } = read(file);
    const spec = specOf(vector.spec);
    const { k, t } = { ...chooseParameters({ clients: spec.clients.length, ...parameters }), ...parameters };
    const choice = { ...parameters, k, t, explicit: parameters.k !== undefined };
    const strangers = new Map(
      vector.clients.map(({ id, secretKey, rng, input }) => {
        const me = { id, ...(secretKey !== undefined && { secretKey: fromHex(secretKey) }) };
        const { words } = unpackVector(fromHex(input), spec.bits, spec.length);
        let at = 0;
        const keystream = chacha20(fromHex(rng), new Uint8Array(12), new Uint8Array(4096));
        const random = (length: number) => {
          at += length;
          return keystream.slice(at - length, at);
        };
        return [id, new Stranger(spec, choice, me, words, random)] as const;
      }),
    );
    for (const { party, receives, sends } of events) {
      const stranger = strangers.get(party);
      if (stranger === undefined) continue;
      const sent = receives === undefined ? stranger.start() : stranger.receive(fromHex(frames[receives.frame]!));
      expect([toHex(sent)]).toEqual(sends.map(({ frame }) => frames[frame]));
    }
  });

  it('are what the generator makes', async () => {
    for (const scenario of scenarios) {
      expect(JSON.parse(JSON.stringify(await makeVector(scenario)))).toEqual(read(`${scenario.name}.json`));
    }
  });
});
