import { once } from 'node:events';
import { connect } from 'node:net';
import { ProtocolError } from '../../errors.ts';
import type { Progress, PsiParameters } from '../../protocols/psi/index.ts';
import { explained, Failure } from '../terminal.ts';
import { collect, type Input, type InputSpec } from './collect.ts';
import { keyRule } from './normalise.ts';
import { type Outcome, play } from './play.ts';
import { SocketChannel } from './socket.ts';
import { factsOf, type SideFacts } from './summarise.ts';

/** What the process of the right side is told, through the pipe to its parent. */
export type ToChild =
  | {
      readonly type: 'read';
      readonly path: string;
      readonly key: string;
      readonly normalise: string;
      readonly value: { readonly column: string } | 'rows' | undefined;
      readonly delimiter: string | undefined;
      readonly memory: number | undefined;
      readonly workers: number;
    }
  | { readonly type: 'run'; readonly parameters: PsiParameters; readonly socket: string };

/** What it answers. */
export type FromChild =
  | { readonly type: 'rows'; readonly rows: number }
  | { readonly type: 'ready'; readonly size: number; readonly largestValue: number; readonly facts: SideFacts }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'done'; readonly outcome: Outcome }
  | {
      readonly type: 'failed';
      readonly message: string;
      readonly hint: string | undefined;
      readonly code: string | undefined;
    };

/** The right side of `psi local`: a process of its own that reads its file itself and meets the other side on a socket. */
export async function localChild(signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const onAbort = () => stop.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  process.once('disconnect', () => stop.abort(new Failure('the parent process is gone')));
  process.once('SIGTERM', () => stop.abort(new Failure('told to stop')));
  const inbox: ToChild[] = [];
  let wake = (): void => {};
  process.on('message', (message: ToChild) => {
    inbox.push(message);
    wake();
  });
  const next = async <Type extends ToChild['type']>(type: Type): Promise<Extract<ToChild, { type: Type }>> => {
    while (inbox.length === 0) {
      stop.signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        wake = resolve;
        stop.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    const message = inbox.shift()!;
    if (message.type !== type) throw new Failure(`found the message ${message.type}, expected ${type}`);
    return message as Extract<ToChild, { type: Type }>;
  };
  let input: Input | undefined;
  try {
    const read = await next('read');
    const spec: InputSpec = {
      path: read.path,
      key: keyRule(read.key, read.normalise),
      ...(read.value !== undefined && { value: read.value }),
      ...(read.delimiter !== undefined && { delimiter: read.delimiter }),
      ...(read.memory !== undefined && { memoryBytes: read.memory * 2 ** 20 }),
    };
    input = await collect(spec, { signal: stop.signal, onRows: (rows) => tell({ type: 'rows', rows }) });
    const { size, largestValue } = input.set;
    tell({ type: 'ready', size, largestValue, facts: factsOf(spec, input) });
    const { parameters, socket: path } = await next('run');
    const socket = connect(path);
    await once(socket, 'connect');
    const channel = new SocketChannel(socket, stop.signal);
    const outcome = await play('right', input.set, parameters, channel, {
      workers: read.workers,
      memoryBytes: spec.memoryBytes,
      signal: stop.signal,
      onProgress: (progress) => tell({ type: 'progress', progress }),
    });
    await channel.close();
    tell({ type: 'done', outcome });
  } catch (thrown) {
    const error = explained(thrown);
    const hint = error instanceof Failure ? error.hint : undefined;
    const code = error instanceof ProtocolError ? error.code : undefined;
    tell({ type: 'failed', message: error instanceof Error ? error.message : String(error), hint, code });
  } finally {
    signal.removeEventListener('abort', onAbort);
    await input?.close();
    if (process.connected) process.disconnect();
  }
}

function tell(message: FromChild): void {
  // A parent that has gone meanwhile is noticed as a disconnect; without a callback the write to it would end this process before it has cleaned up.
  if (process.connected) process.send!(message, undefined, undefined, () => {});
}
