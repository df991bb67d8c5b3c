import { ProtocolError } from '../../errors.ts';
import { type Executor, inlineExecutor } from '../../kernels/index.ts';
import { csprng, type Rng } from '../../random/index.ts';
import { chunkCount, type PsiParameters } from './params.ts';
import { pipelined } from './pipeline.ts';
import { receive } from './receiver.ts';
import { RefusedByPeer, refusal } from './refusal.ts';
import { type AwaitingDone, ReceiverMasking, type ReceiverResult } from './results.ts';
import { AwaitingMaskedSum, AwaitingMatched, type SenderResult, send } from './sender.ts';
import type { Agreement } from './session.ts';
import type { ItemSource } from './source.ts';
import type { Spill } from './spill.ts';

/**
 * Runs a party's states over an ordered, reliable channel: frames in, frames out, arithmetic through the executor. The states know the
 * protocol; this file only keeps chunks moving.
 */
export interface Channel {
  /** Resolves when the channel has room for more. */
  send(frame: Uint8Array): Promise<void>;
  /** The next frame; rejects when the peer is gone. */
  receive(): Promise<Uint8Array>;
}

export interface Progress {
  readonly phase: 'blind' | 'evaluate' | 'offer' | 'match' | 'result';
  readonly done: number;
  readonly total: number;
}

export interface RunOptions {
  readonly executor?: Executor;
  readonly rng?: Rng;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Where tokens go that do not fit in memory; without it all are kept in memory. The caller closes it when the run has ended. */
  readonly spill?: Spill;
}

/** @throws {ProtocolError} what the peer did wrong, or, with its code, why the peer refused */
export function runReceiver(
  parameters: PsiParameters,
  source: ItemSource,
  channel: Channel,
  options: RunOptions = {},
): Promise<{ result: ReceiverResult; agreement: Agreement }> {
  return saying(channel, (settled) => receiverSteps(parameters, source, channel, options, settled));
}

/** Runs the steps; when they fail, tells the peer why before passing the error on. */
async function saying<Value>(
  channel: Channel,
  steps: (settled: (agreement: Agreement) => void) => Promise<Value>,
): Promise<Value> {
  let session: Uint8Array | undefined;
  try {
    return await steps((agreement) => {
      session = agreement.session;
    });
  } catch (error) {
    // A peer that is gone, or that refused first, needs no reason; whether it arrives is not worth waiting for.
    const gone = error instanceof RefusedByPeer || (error instanceof ProtocolError && error.code === 'aborted');
    if (!gone) void channel.send(refusal(error, session)).catch(() => {});
    throw error;
  }
}

async function receiverSteps(
  parameters: PsiParameters,
  source: ItemSource,
  channel: Channel,
  options: RunOptions,
  settled: (agreement: Agreement) => void,
): Promise<{ result: ReceiverResult; agreement: Agreement }> {
  const { executor = inlineExecutor, rng = csprng, signal, onProgress = () => {}, spill } = options;
  const [hello, first] = receive(parameters, source.size, rng, spill);
  await channel.send(first);
  const blinding = hello.receive(await channel.receive());
  const { agreement } = blinding;
  settled(agreement);

  // Tokens come back while blinding goes on: reading beside sending keeps both parties busy and no buffer full.
  const tokens = (async () => {
    while (blinding.missing > 0) blinding.evaluated(await channel.receive());
  })();
  let broken = false;
  tokens.catch(() => {
    broken = true; // awaited below; until then a failure must not count as unhandled
  });
  const { receiverSize, senderSize, chunk } = agreement;
  const depth = depthOf(executor);
  await pipelined(chunkCount(receiverSize, chunk), depth, {
    async take() {
      signal?.throwIfAborted();
      if (broken) await tokens;
      const { items } = await source.next(blinding.wanted);
      return blinding.plan(items);
    },
    work: (plan) => executor.points(plan, signal),
    async finish(points, i) {
      await channel.send(blinding.message(points));
      await breathe();
      onProgress({ phase: 'blind', done: Math.min(receiverSize, (i + 1) * chunk), total: receiverSize });
    },
  });
  await tokens;

  const matching = blinding.next();
  await pipelined(chunkCount(senderSize, chunk), depth, {
    async take() {
      signal?.throwIfAborted();
      return matching.plan(await channel.receive());
    },
    work: (plan) => executor.points(plan, signal),
    async finish(points, i) {
      const sums = matching.absorb(points);
      if (sums !== undefined) matching.add(await executor.points(sums, signal));
      await breathe();
      onProgress({ phase: 'match', done: Math.min(senderSize, (i + 1) * chunk), total: senderSize });
    },
  });

  for (let settled = false; !settled; ) {
    const rest = matching.settle();
    settled = rest.settled;
    if (rest.sum !== undefined) matching.add(await executor.points(rest.sum, signal));
    await breathe();
    signal?.throwIfAborted();
  }

  const last = matching.next();
  let closing: AwaitingDone<ReceiverResult>;
  if (last instanceof ReceiverMasking) {
    const [opened, masked] = last.mask();
    await channel.send(masked);
    const [next, done] = opened.receive(await channel.receive());
    await channel.send(done);
    closing = next;
  } else {
    const [next, frames] = last.finish();
    for (const frame of frames) await channel.send(frame);
    closing = next;
  }
  const result = closing.receive(await channel.receive());
  onProgress({ phase: 'result', done: 1, total: 1 });
  return { result, agreement };
}

/** @throws {ProtocolError} what the peer did wrong, or, with its code, why the peer refused */
export function runSender(
  parameters: PsiParameters,
  source: ItemSource,
  channel: Channel,
  options: RunOptions = {},
): Promise<{ result: SenderResult; agreement: Agreement }> {
  return saying(channel, (settled) => senderSteps(parameters, source, channel, options, settled));
}

async function senderSteps(
  parameters: PsiParameters,
  source: ItemSource,
  channel: Channel,
  options: RunOptions,
  settled: (agreement: Agreement) => void,
): Promise<{ result: SenderResult; agreement: Agreement }> {
  const { executor = inlineExecutor, rng = csprng, signal, onProgress = () => {}, spill } = options;
  const [hello, first] = send(parameters, source.size, rng, spill);
  await channel.send(first);
  const evaluating = hello.receive(await channel.receive());
  const { agreement } = evaluating;
  settled(agreement);
  const { receiverSize, senderSize, chunk } = agreement;
  const depth = depthOf(executor);
  await pipelined(chunkCount(receiverSize, chunk), depth, {
    async take() {
      signal?.throwIfAborted();
      return evaluating.plan(await channel.receive());
    },
    work: (plan) => executor.points(plan, signal),
    async finish(points, i) {
      for (const frame of evaluating.absorb(points)) await channel.send(frame);
      await breathe();
      onProgress({ phase: 'evaluate', done: Math.min(receiverSize, (i + 1) * chunk), total: receiverSize });
    },
  });

  const [offering, frames] = evaluating.next();
  for (const frame of frames) {
    if (frame !== undefined) await channel.send(frame);
    await breathe();
    signal?.throwIfAborted();
  }
  await pipelined(chunkCount(senderSize, chunk), depth, {
    async take() {
      signal?.throwIfAborted();
      const { items, values } = await source.next(offering.wanted);
      return offering.plans(items, values);
    },
    work: async ([blind, encrypt]) => ({
      points: await executor.points(blind, signal),
      ciphertexts: encrypt === undefined ? undefined : await executor.points(encrypt, signal),
    }),
    async finish({ points, ciphertexts }, i) {
      await channel.send(offering.message(points, ciphertexts));
      await breathe();
      onProgress({ phase: 'offer', done: Math.min(senderSize, (i + 1) * chunk), total: senderSize });
    },
  });

  const last = offering.next();
  let closing: AwaitingDone<SenderResult>;
  if (last instanceof AwaitingMaskedSum) {
    const [next, answers] = last.receive(await channel.receive());
    for (const frame of answers) await channel.send(frame);
    closing = next;
  } else {
    const [next, done] = last instanceof AwaitingMatched ? last.receive(await channel.receive()) : last.finish();
    await channel.send(done);
    closing = next;
  }
  const result = closing.receive(await channel.receive());
  onProgress({ phase: 'result', done: 1, total: 1 });
  return { result, agreement };
}

/** Workers get a second chunk, so that they are not out of work while the first is finished; one thread does one thing at a time. */
function depthOf({ threads }: Executor): number {
  return threads > 1 ? 2 : 1;
}

/**
 * A turn of the event loop: arithmetic on this thread would otherwise hold back what waits in the sockets, the peer's next chunk and this party's
 * last one, and with them the peer.
 */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
