import { toHex } from '../../bytes/index.ts';
import { connectSecure, type IdentityKey } from '../../session/index.ts';
import { collect, type Input, type InputSpec } from './collect.ts';
import { appliedNoise } from './noise-report.ts';
import { mostValueBits, protocolParameters, type Query } from './parameters.ts';
import { play } from './play.ts';
import { factsOf, summarise } from './summarise.ts';
import type { PhaseTime, Summary } from './summary.ts';
import type { Watch } from './watch.ts';
import { RunChannel } from './wire.ts';

export interface RunSpec {
  readonly input: InputSpec;
  readonly query: Query;
  readonly url: string;
  readonly identity: IdentityKey;
  readonly peerKey: Uint8Array;
  /** `sum`: bits of the largest value; as many as can be summed when left out. */
  readonly valueBits?: number;
  readonly workers: number;
  /** Seconds to wait for the peer to be there, and for each of its messages. */
  readonly wait: number;
  readonly patience: number;
}

export interface RunResult {
  readonly summary: Summary;
  readonly input: Input;
  /** Row numbers in the file, `members` only. */
  readonly rows?: Float64Array;
}

/** The left side on a machine of its own: asks a peer that runs `psi offer`. The caller closes the input. */
export async function runAsk(spec: RunSpec, version: string, signal: AbortSignal, watch: Watch): Promise<RunResult> {
  const began = performance.now();
  const { identity, peerKey, query } = spec;
  const input = await collect(spec.input, { signal, onRows: (rows) => watch.rows('left', rows) });
  try {
    const facts = factsOf(spec.input, input);
    const bits = spec.valueBits ?? mostValueBits(input.set.size);
    const parameters = protocolParameters(query, spec.input.key.label, bits);
    const connecting = performance.now();
    const { url, wait } = spec;
    const secure = await connectSecure({ url, identity, peerKey, wait: wait * 1000, signal });
    const connected = (performance.now() - connecting) / 1000;
    watch.event({ event: 'connected', url }, `connected to ${url}`);
    try {
      const channel = new RunChannel(secure, { role: 'receiver', chunk: parameters.chunk! }, spec.patience, signal);
      const outcome = await play('left', input.set, parameters, channel, {
        workers: spec.workers,
        memoryBytes: spec.input.memoryBytes,
        signal,
        onProgress: (step) =>
          watch.progress('left', step, input.set.size, step.phase === 'match' ? step.total : input.set.size),
      });
      const phases: PhaseTime[] = [
        { phase: 'read', side: 'left', seconds: facts.seconds },
        { phase: 'connect', side: 'left', seconds: connected },
        ...outcome.phases,
      ];
      // Saying goodbye may take a moment; the result is ours already.
      await secure.close().catch(() => {});
      const noise = appliedNoise(outcome.agreement);
      const summary = summarise({
        party: 'left',
        version,
        parameters,
        outcome,
        facts: { left: facts, right: null },
        phases,
        bytes: { sent: secure.bytesSent, received: secure.bytesReceived },
        seconds: (performance.now() - began) / 1000,
        ...(noise && { noise }),
        identities: { left: toHex(identity.publicKey), right: toHex(peerKey) },
      });
      return { summary, input, ...(outcome.rows && { rows: outcome.rows }) };
    } catch (error) {
      // What was sent last may be the reason: it gets a moment to arrive.
      await secure.close().catch(() => {});
      throw error;
    }
  } catch (error) {
    await input.close();
    throw error;
  }
}
