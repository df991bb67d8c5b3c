/**
 * A server with two faces: it tells some clients that the victim survived and others that it dropped out, to get shares of both its secrets. Clients who
 * trust the server fall for it, and the oracle sees it; in the malicious-server model they compare signatures first.
 */
import { describe, expect, it } from 'vitest';
import { pairwiseMasks, type Scheme } from '../../src/aggregate/index.ts';
import {
  encodeFrame,
  FRAME_HEADER,
  type Outgoing,
  type Party,
  type PartyId,
  PROTOCOLS,
  type RoundSpec,
  type Status,
  type Sum,
} from '../../src/protocols/index.ts';
import { ClientSet } from '../../src/protocols/secagg/bitmap.ts';
import { encodeSignedSurvivors } from '../../src/protocols/secagg/codec.ts';
import { MESSAGE } from '../../src/protocols/secagg/messages.ts';
import { makeCase, play } from '../conformance/play.ts';
import type { Run } from './scenario.ts';
import { secaggOracle } from './secagg-oracle.ts';

const CLIENTS = 7;
const VICTIM = 0;
const index = (id: PartyId) => Number(id.replace('client-', ''));

/** Honest until it names the survivors. */
class TwoFacedServer implements Party<Sum> {
  readonly id: PartyId;
  readonly outcome = undefined;
  readonly #honest: Party<Sum>;
  readonly #session: Uint8Array;
  /** Clients who are told that the victim dropped out. */
  readonly #misled: ReadonlySet<number>;
  readonly #signatures = new Map<number, Uint8Array>();
  #attacking = false;

  constructor(honest: Party<Sum>, session: Uint8Array, misled: ReadonlySet<number>) {
    this.id = honest.id;
    this.#honest = honest;
    this.#session = session;
    this.#misled = misled;
  }

  start(): Promise<Outgoing[]> {
    return this.#honest.start();
  }

  async receive(from: PartyId, frame: Uint8Array): Promise<Outgoing[]> {
    if (!this.#attacking) return this.#twist(await this.#honest.receive(from, frame));
    if (frame[5] !== MESSAGE.ConsistencyCheck) return [];
    this.#signatures.set(index(from), frame.slice(FRAME_HEADER));
    return this.#signatures.size === CLIENTS ? this.#signedSurvivors() : [];
  }

  async deadline(): Promise<Outgoing[]> {
    return [];
  }

  get status(): Status {
    return this.#attacking ? { phase: 'Attack', awaiting: [], needed: 0 } : this.#honest.status;
  }

  #twist(outgoing: readonly Outgoing[]): Outgoing[] {
    return outgoing.map(({ to, frame }) => {
      if (frame[5] !== MESSAGE.Survivors) return { to, frame };
      this.#attacking = true;
      return { to, frame: this.#frame(MESSAGE.Survivors, this.#told(index(to)).bytes) };
    });
  }

  #told(client: number): ClientSet {
    const everybody = Array.from({ length: CLIENTS }, (_, i) => i);
    return ClientSet.of(CLIENTS, this.#misled.has(client) ? everybody.filter((i) => i !== VICTIM) : everybody);
  }

  /** To each the signatures of those who were told the same. */
  #signedSurvivors(): Outgoing[] {
    return [...this.#signatures.keys()].map((client) => {
      const neighbours = [...this.#signatures.keys()].filter((i) => i !== client).sort((a, b) => a - b);
      const agree = neighbours.filter((i) => this.#misled.has(i) === this.#misled.has(client));
      const body = encodeSignedSurvivors({
        set: this.#told(client),
        signers: ClientSet.of(CLIENTS, agree),
        signatures: Uint8Array.from(agree.flatMap((i) => [...this.#signatures.get(i)!])),
      });
      return { to: `client-${client}`, frame: this.#frame(MESSAGE.SignedSurvivors, body) };
    });
  }

  #frame(type: number, body: Uint8Array): Uint8Array {
    return encodeFrame(PROTOCOLS.secagg, type, this.#session, body);
  }
}

function twoFaced(scheme: Scheme, misled: ReadonlySet<number>): Scheme {
  return {
    ...scheme,
    server: (spec: RoundSpec, executor, me) =>
      new TwoFacedServer(scheme.server(spec, executor, me), scheme.session(spec), misled),
  };
}

async function attack(adversary: 'honest-but-curious' | 'malicious-server', misled: number) {
  const parameters = { adversary, dropout: 0.15, corrupt: 0.15, suite: 'chacha20' } as const;
  const scheme = twoFaced(
    pairwiseMasks(parameters),
    new Set(Array.from({ length: misled }, (_, i) => CLIENTS - 1 - i)),
  );
  const round = makeCase(`two-faced/${adversary}/${misled}`, { clients: CLIENTS });
  const played = await play(scheme, round);
  const run: Run = {
    seed: 'two-faced:0',
    subject: { name: 'two-faced', scheme: () => scheme, smallest: CLIENTS, largest: CLIENTS },
    scheme,
    round,
    faults: { drop: 0, duplicate: 0, delay: 1, late: 0, long: 0, crash: 0, restart: 0 },
    corrupt: new Set(),
    sent: played.hops.map((hop) => ({ ...hop, life: 0, intended: hop.frame })),
    endings: [],
  };
  const revealed = played.hops.filter(({ frame }) => frame[5] === MESSAGE.UnmaskShares).map(({ from }) => index(from));
  return { judge: () => secaggOracle(run, parameters), revealed, errors: played.errors };
}

describe('a server with two faces', () => {
  it('gets both secrets from clients who trust it, with one of them on its side', async () => {
    const { judge, revealed } = await attack('honest-but-curious', 3);
    expect(revealed).toHaveLength(CLIENTS);
    expect(judge).toThrow(/client-0: 3 shares of the self-mask secret and 3 of the mask key/);
  });

  it.each([0, 1, 2, 3, 4, 5, 6])(
    'gets one of them at most in the malicious-server model: %i misled',
    async (misled) => {
      const { judge, revealed, errors } = await attack('malicious-server', misled);
      judge();
      // t = 4: a client reveals when four neighbours were told the same.
      const agree = (client: number) => (client >= CLIENTS - misled ? misled : CLIENTS - misled) - 1;
      expect(revealed.sort()).toEqual(Array.from({ length: CLIENTS }, (_, i) => i).filter((i) => agree(i) >= 4));
      for (const [id, error] of errors) {
        expect(error).toMatchObject({ code: 'inconsistent-survivors', culprits: ['server'] });
        expect(revealed).not.toContain(index(id));
      }
    },
  );
});
