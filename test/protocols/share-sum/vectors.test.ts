import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/bytes/index.ts';
import { ProtocolError } from '../../../src/errors.ts';
import { inlineExecutor } from '../../../src/kernels/index.ts';
import { packVector, unpackVector } from '../../../src/math/index.ts';
import type { Outgoing, Party, RoundSpec } from '../../../src/protocols/index.ts';
import {
  type ShareSumParameters,
  shareSumClient,
  shareSumCollector,
  shareSumRound,
  shareSumServer,
} from '../../../src/protocols/share-sum/index.ts';
import { SeededRng } from '../../../src/random/index.ts';
import { makeVector, scenarios } from '../../vectors/make-share-sum.ts';

const FOLDER = new URL('../../vectors/share-sum/v1/', import.meta.url);

interface Vector {
  readonly parameters: ShareSumParameters;
  readonly spec: Omit<RoundSpec, 'context'> & { readonly context: string };
  readonly session: string;
  readonly clients: readonly { readonly id: string; readonly rng: string; readonly input: string }[];
  readonly events: readonly {
    readonly party: string;
    readonly receives?: { readonly from: string; readonly frame: string };
    readonly deadline?: string;
    readonly sends: readonly { readonly to: string; readonly frame: string }[];
    readonly error?: string;
  }[];
  readonly code?: string;
  readonly outcome: {
    readonly sum: string;
    readonly survivors: readonly string[];
    readonly dropped: readonly { readonly id: string; readonly phase: string; readonly reason?: string }[];
  } | null;
}

if (process.env.SUBROSA_WRITE_VECTORS) {
  for (const scenario of scenarios) {
    const text = `${JSON.stringify(await makeVector(scenario), undefined, 2)}\n`;
    writeFileSync(new URL(`${scenario.name}.json`, FOLDER), text);
  }
}

const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

const read = (file: string): Vector => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));

describe('transcript vectors, share-sum v1', () => {
  it('are those of the scenarios', () => {
    expect(files.sort()).toEqual(scenarios.map(({ name }) => `${name}.json`).sort());
  });

  it.each(files)('%s replays byte for byte', async (file) => {
    const vector = read(file);
    const spec: RoundSpec = { ...vector.spec, context: fromHex(vector.spec.context) };
    expect(toHex(shareSumRound(spec, vector.parameters).session)).toBe(vector.session);
    const collector = shareSumCollector(spec, vector.parameters);
    const parties = new Map<string, Party<unknown>>([[collector.id, collector]]);
    for (const me of spec.helpers) parties.set(me.id, shareSumServer(spec, vector.parameters, me, inlineExecutor));
    for (const { id, rng, input } of vector.clients) {
      const words = unpackVector(fromHex(input), spec.bits, spec.length);
      const generator = new SeededRng(fromHex(rng));
      parties.set(id, shareSumClient(spec, vector.parameters, { id }, words, inlineExecutor, generator));
    }
    const codes = new Set<string>();
    for (const { party, receives, deadline, sends, error } of vector.events) {
      const actor = parties.get(party)!;
      let sent: Outgoing[] = [];
      let code: string | undefined;
      try {
        if (receives !== undefined) sent = await actor.receive(receives.from, fromHex(receives.frame));
        else if (deadline !== undefined) sent = await actor.deadline(deadline);
        else sent = await actor.start();
      } catch (caught) {
        if (!(caught instanceof ProtocolError)) throw caught;
        code = caught.code;
        codes.add(code);
      }
      expect(sent.map(({ to, frame }) => ({ to, frame: toHex(frame) }))).toEqual(sends);
      expect(code).toBe(error);
    }
    const { outcome } = collector;
    if (vector.outcome === null) expect(outcome).toBeUndefined();
    else {
      expect(toHex(packVector(outcome!.sum))).toBe(vector.outcome.sum);
      expect(outcome!.survivors).toEqual(vector.outcome.survivors);
      const dropped = outcome!.dropped.map(({ id, phase, reason }) => {
        if (!(reason instanceof ProtocolError)) return { id, phase };
        codes.add(reason.code);
        return { id, phase, reason: reason.code };
      });
      expect(dropped).toEqual(vector.outcome.dropped);
    }
    expect(file.startsWith('bad_')).toBe(vector.code !== undefined);
    if (vector.code !== undefined) expect([...codes]).toContain(vector.code);
  });

  it('are what the generator makes', async () => {
    for (const scenario of scenarios) {
      expect(JSON.parse(JSON.stringify(await makeVector(scenario)))).toEqual(read(`${scenario.name}.json`));
    }
  });
});
