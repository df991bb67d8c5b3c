import { toHex } from '../../bytes/index.ts';
import { ProtocolError } from '../../errors.ts';
import { type Hello, type PsiParameters, RefusedByPeer, refusal } from '../../protocols/psi/index.ts';
import {
  formatPublicKey,
  type IdentityKey,
  listenSecure,
  type SecureChannel,
  type SecureListener,
} from '../../session/index.ts';
import type { Input, InputSpec } from './collect.ts';
import type { Ledger } from './ledger.ts';
import { appliedNoise } from './noise-report.ts';
import { protocolParameters } from './parameters.ts';
import { type Outcome, play } from './play.ts';
import { checkQuery, type Policy } from './policy.ts';
import { factsOf, summarise } from './summarise.ts';
import type { AppliedRule, Summary } from './summary.ts';
import { grouped, type Watch } from './watch.ts';
import { RunChannel } from './wire.ts';

export interface OfferSpec {
  readonly input: Input;
  readonly spec: InputSpec;
  readonly policy: Policy;
  readonly ledger: Ledger;
  readonly identity: IdentityKey;
  readonly peers: readonly Uint8Array[];
  readonly host: string;
  readonly port: number;
  readonly workers: number;
  /** Seconds to wait for each message of a peer. */
  readonly patience: number;
  readonly version: string;
  readonly watch: Watch;
  readonly signal: AbortSignal;
  /** A run ended: with its summary, and the rows this side learned. */
  readonly onResult: (summary: Summary, rows: Float64Array | undefined) => Promise<void>;
}

/** The right side on a machine of its own: answers queries within its policy, one at a time, until it is closed. */
export class Offer {
  readonly #spec: OfferSpec;
  #turn: Promise<void> = Promise.resolve();
  #listener: SecureListener | undefined;

  constructor(spec: OfferSpec) {
    this.#spec = spec;
  }

  /** @returns the address, `wss://host:port` */
  async listen(): Promise<string> {
    const { host, port, identity, peers, watch } = this.#spec;
    this.#listener = await listenSecure({
      host,
      port,
      identity,
      peers,
      frameLimit: 1024,
      onChannel: (channel, peerKey) => void this.#welcome(channel, peerKey),
      onRefused: (error, address) =>
        watch.event({ event: 'refused', address, reason: error.message }, `turned away ${address}: ${error.message}`),
    });
    return this.#listener.url;
  }

  /** Ends the run under way, if there is one, and stops listening. */
  async close(): Promise<void> {
    await this.#listener?.close();
    await this.#turn;
  }

  async #welcome(secure: SecureChannel, peerKey: Uint8Array): Promise<void> {
    const { watch, patience, signal } = this.#spec;
    const peer = formatPublicKey(peerKey);
    const channel = new RunChannel(secure, { role: 'sender', size: this.#spec.input.set.size }, patience, signal);
    try {
      const asked = await channel.hello();
      watch.event({ event: 'asked', peer, reveal: asked.reveal, size: asked.size }, `${peer} asks for ${asked.reveal}`);
      const run = this.#turn.then(() => this.#answer(secure, channel, asked, peerKey));
      this.#turn = run.catch(() => {});
      await run;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      watch.event({ event: 'failed', peer, reason: message }, `${peer}: ${message}`);
    } finally {
      await secure.close().catch(() => {});
    }
  }

  async #answer(secure: SecureChannel, channel: RunChannel, asked: Hello, peerKey: Uint8Array): Promise<void> {
    const began = performance.now();
    const { policy, ledger, input, spec, workers, signal, watch } = this.#spec;
    const key = toHex(peerKey);
    let parameters: PsiParameters;
    let query: string;
    try {
      parameters = this.#parameters(asked);
      query = await ledger.reserve(key, asked.reveal, policy.budget);
    } catch (error) {
      if (!(error instanceof RefusedByPeer)) await channel.send(refusal(error)).catch(() => {});
      throw error;
    }
    let outcome: Outcome;
    try {
      outcome = await play('right', clipped(input, policy, asked), parameters, channel, {
        workers,
        memoryBytes: spec.memoryBytes,
        signal,
        onProgress: (step) => watch.progress('right', step, asked.size, input.set.size),
      });
    } catch (error) {
      if (!channel.sent) await ledger.refund(query);
      throw error;
    }
    await ledger.commit(query);
    await secure.close().catch(() => {});
    const facts = factsOf(spec, input);
    const noise = appliedNoise(outcome.agreement);
    const summary = summarise({
      party: 'right',
      version: this.#spec.version,
      parameters,
      outcome,
      facts: { left: null, right: facts },
      phases: [{ phase: 'read', side: 'right', seconds: facts.seconds }, ...outcome.phases],
      bytes: { sent: secure.bytesSent, received: secure.bytesReceived },
      seconds: (performance.now() - began) / 1000,
      rules: this.#rules(asked, key),
      ...(noise && { noise }),
      identities: { left: key, right: toHex(this.#spec.identity.publicKey) },
    });
    await this.#spec.onResult(summary, outcome.rows);
  }

  /** What this side answers with: the query as it was asked, within the policy. */
  #parameters(asked: Hello): PsiParameters {
    const { policy, spec, input } = this.#spec;
    checkQuery(policy, asked, spec.value !== undefined && spec.value !== 'rows');
    const { reveal, mutual, buckets, valueBits, normalisation } = asked;
    if (normalisation !== spec.key.label) {
      throw new ProtocolError(
        'policy',
        `identifiers are read by the rule ${JSON.stringify(normalisation)} there and ${JSON.stringify(spec.key.label)} here`,
        { phase: 'Hello' },
      );
    }
    const rule = reveal === 'sum' || reveal === 'frequency' ? policy.noise[reveal] : undefined;
    const largest = Math.min(input.set.largestValue, rule?.clip ?? Number.POSITIVE_INFINITY);
    if (reveal === 'sum' && largest >= 2 ** valueBits) {
      throw new ProtocolError(
        'policy',
        `values do not fit in the ${valueBits} bits asked for: ask with another --value-bits, or with a smaller set`,
        { phase: 'Hello' },
      );
    }
    const query = { reveal, mutual, buckets, minimum: policy.minimumOverlap, maximum: policy.maximumSize };
    return { ...protocolParameters(query, spec.key.label, valueBits), ...(rule && { noise: rule.noise }) };
  }

  #rules(asked: Hello, key: string): AppliedRule[] {
    const { policy, ledger } = this.#spec;
    const rules: AppliedRule[] = [];
    rules.push({
      rule: 'maximum set size',
      value: `${grouped(policy.maximumSize)} identifiers`,
      enforcedBy: 'policy',
      note: 'The right side refuses larger sets: guessing many identifiers in one query is what it prevents.',
    });
    if (policy.budget) {
      const { queries, days } = policy.budget;
      const left = Math.max(0, queries - ledger.used(key, days));
      rules.push({
        rule: 'query budget',
        value: `${left} of ${queries} left${days === undefined ? '' : ` in ${days} days`}`,
        enforcedBy: 'policy',
        note: 'The right side counts the queries of each key in a ledger; a counterparty with several keys has several budgets.',
      });
    }
    const rule = asked.reveal === 'sum' || asked.reveal === 'frequency' ? policy.noise[asked.reveal] : undefined;
    if (rule) {
      rules.push({
        rule: 'noise',
        value: `${rule.noise.mechanism.replace('-', ' ')}${rule.clip === undefined ? '' : `, values above ${rule.clip} count as ${rule.clip}`}`,
        enforcedBy: 'cryptography',
        note: `Added by the right side to the totals it opens, before the left side can see them: ${rule.note}`,
      });
    }
    return rules;
  }
}

/** The set with the values that the policy lets count. */
function clipped(input: Input, policy: Policy, { reveal }: Hello): Input['set'] {
  const clip = reveal === 'sum' ? policy.noise.sum?.clip : undefined;
  const { set } = input;
  if (clip === undefined) return set;
  return {
    size: set.size,
    largestValue: Math.min(set.largestValue, clip),
    close: () => set.close(),
    source: async (order) => {
      const source = await set.source(order);
      const next: typeof source.next = async (count) => {
        const { items, values } = await source.next(count);
        return { items, values: Array.from(values!, (value) => Math.min(value, clip)) };
      };
      return { size: source.size, rowsOf: (places) => source.rowsOf(places), next };
    },
  };
}
