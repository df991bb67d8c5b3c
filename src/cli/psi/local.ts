import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ProtocolError } from '../../errors.ts';
import { Failure } from '../terminal.ts';
import { collect, type Input, type InputSpec } from './collect.ts';
import type { FromChild, ToChild } from './local-child.ts';
import { keyRule } from './normalise.ts';
import { bitsOf, protocolParameters, type Query } from './parameters.ts';
import { type Outcome, play } from './play.ts';
import { SocketChannel } from './socket.ts';
import { factsOf, type SideFacts, summarise } from './summarise.ts';
import type { PhaseTime, Summary } from './summary.ts';
import { temporaryFolder } from './temporary.ts';
import type { Watch } from './watch.ts';

export interface LocalOptions {
  readonly left: string;
  readonly leftKey: string;
  readonly right: string;
  readonly rightKey: string;
  /** A column of the right file. */
  readonly value?: string;
  readonly normalise: string;
  readonly delimiter?: string;
  /** MiB of identifiers that each side keeps in memory. */
  readonly memory?: number;
  readonly query: Query;
  /** Threads of each side. */
  readonly workers: number;
}

export interface LocalResult {
  readonly summary: Summary;
  readonly left: Input;
  /** Row numbers in the left file, `members` only. */
  readonly leftRows?: Float64Array;
  /** Row numbers in the right file, mutual `members` only. */
  readonly rightRows?: Float64Array;
}

const BIN = fileURLToPath(new URL('../../../bin/subrosa.js', import.meta.url));

/** Both parties on this machine: this process is the left side, a process of its own the right one. They share a socket and nothing else. */
export async function runLocal(
  options: LocalOptions,
  version: string,
  signal: AbortSignal,
  watch: Watch,
): Promise<LocalResult> {
  const began = performance.now();
  const { query, workers, normalise } = options;
  const spec: InputSpec = {
    path: options.left,
    key: keyRule(options.leftKey, normalise, '--left-key'),
    ...(options.delimiter !== undefined && { delimiter: options.delimiter }),
    ...(options.memory !== undefined && { memoryBytes: options.memory * 2 ** 20 }),
  };
  const rightLabel = keyRule(options.rightKey, normalise, '--right-key').label;
  if (rightLabel !== spec.key.label) {
    throw new Failure(
      `the sides read their keys by different rules: ${spec.key.label} and ${rightLabel}`,
      'give as many key columns on the left as on the right',
    );
  }
  const stop = new AbortController();
  const onAbort = () => stop.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const folder = temporaryFolder();
  const child = new Child(watch);
  let left: Input | undefined;
  let reading: Promise<Input> | undefined;
  try {
    child.tell({
      type: 'read',
      path: options.right,
      key: options.rightKey,
      normalise,
      value: valueSource(options),
      delimiter: options.delimiter,
      memory: options.memory,
      workers,
    });
    reading = collect(spec, { signal: stop.signal, onRows: (rows) => watch.rows('left', rows) });
    reading.catch(() => {});
    const [found, ready] = await child.beside(Promise.all([reading, child.ready]), stop);
    left = found;
    reading = undefined;
    const parameters = protocolParameters(query, spec.key.label, bitsOf(ready.largestValue));
    const channel = await child.beside(meet(folder, child, parameters, stop.signal), stop);
    const playing = play('left', left.set, parameters, channel, {
      workers,
      memoryBytes: spec.memoryBytes,
      signal: stop.signal,
      onProgress: (progress) => watch.progress('left', progress, left!.set.size, ready.size),
    });
    const [outcome, other] = await child.beside(Promise.all([playing, child.done]), stop);
    const bytes = { sent: channel.bytesSent, received: channel.bytesReceived };
    await channel.close();
    const facts = factsOf(spec, left);
    const phases: PhaseTime[] = [
      { phase: 'read', side: 'left', seconds: facts.seconds },
      { phase: 'read', side: 'right', seconds: ready.facts.seconds },
      ...outcome.phases,
      ...other.phases,
    ];
    const summary = summarise({
      party: 'both',
      version,
      parameters,
      outcome,
      facts: { left: facts, right: ready.facts },
      phases,
      bytes,
      seconds: (performance.now() - began) / 1000,
    });
    const held = left;
    left = undefined;
    return {
      summary,
      left: held,
      ...(outcome.rows && { leftRows: outcome.rows }),
      ...(other.rows && { rightRows: other.rows }),
    };
  } finally {
    signal.removeEventListener('abort', onAbort);
    // What is still being read is in a folder of its own, which goes with it.
    const read = reading?.then(
      (input) => input.close(),
      () => {},
    );
    await Promise.all([child.end(), left?.close(), read, rm(folder, { recursive: true, force: true })]);
  }
}

function valueSource({ query, value }: LocalOptions): { column: string } | 'rows' | undefined {
  if (query.reveal !== 'sum' && query.reveal !== 'frequency') return undefined;
  return value === undefined ? 'rows' : { column: value };
}

/** Listens on a socket that only this user can reach, and waits for the right side. */
async function meet(
  folder: string,
  child: Child,
  parameters: Parameters<typeof play>[2],
  signal: AbortSignal,
): Promise<SocketChannel> {
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\${folder.replace(/\W/g, '-')}` : join(folder, 'socket');
  const server = createServer();
  server.maxConnections = 1;
  server.listen(path);
  try {
    await once(server, 'listening', { signal });
    child.tell({ type: 'run', parameters, socket: path });
    const [socket] = (await once(server, 'connection', { signal })) as [Socket];
    return new SocketChannel(socket, signal);
  } finally {
    server.close(); // nobody else is awaited
  }
}

/** The process of the right side. */
class Child {
  readonly ready: Promise<{ size: number; largestValue: number; facts: SideFacts }>;
  readonly done: Promise<Outcome>;
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #failed: Promise<never>;
  #size = 0;

  constructor(watch: Watch) {
    this.#process = fork(BIN, ['psi', 'local-right-side'], {
      execArgv: [],
      serialization: 'advanced', // keeps typed arrays
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#exited = once(this.#process, 'exit');
    let stderr = '';
    this.#process.stderr!.on('data', (text) => {
      stderr = (stderr + text).slice(-4096);
    });
    let fail: (error: Error) => void;
    this.#failed = new Promise((_, reject) => {
      fail = reject;
    });
    this.#failed.catch(() => {});
    const messages = new Map<string, (message: never) => void>();
    const expect = <Type extends FromChild['type'], Value>(
      type: Type,
      pick: (message: Extract<FromChild, { type: Type }>) => Value,
    ): Promise<Value> =>
      new Promise((resolve) => {
        messages.set(type, (message) => resolve(pick(message)));
      });
    this.ready = expect('ready', (message) => {
      this.#size = message.size;
      return message;
    });
    this.done = expect('done', ({ outcome }) => outcome);
    this.#process.on('message', (message: FromChild) => {
      if (message.type === 'failed') fail(fromChild(message));
      else if (message.type === 'rows') watch.rows('right', message.rows);
      else if (message.type === 'progress') watch.progress('right', message.progress, 0, this.#size);
      else messages.get(message.type)?.(message as never);
    });
    this.#process.once('error', (cause) =>
      fail(new Failure(`the process of the right side did not start: ${cause.message}`)),
    );
    this.#process.once('exit', (code, killed) => {
      // Whatever it had to say has arrived: messages come before the exit or not at all.
      setImmediate(() => {
        const last = stderr.trim().split('\n').at(-1);
        fail(new Failure(`the process of the right side ended (${killed ?? code})${last ? `: ${last}` : ''}`));
      });
    });
  }

  tell(message: ToChild): void {
    this.#process.send(message, () => {}); // a process that is gone shows up as its exit
  }

  /** Waits for `work` as long as the child is well. Its own failure is the better explanation of what went wrong here. */
  async beside<Value>(work: Promise<Value>, stop: AbortController): Promise<Value> {
    try {
      return await Promise.race([work, this.#failed]);
    } catch (error) {
      work.catch(() => {});
      let better: unknown = error;
      if (error instanceof ProtocolError && error.code === 'aborted') {
        const later = new Promise((resolve) => setTimeout(resolve, 1000).unref());
        await Promise.race([this.#failed, later]).catch((failure) => {
          better = failure;
        });
      }
      stop.abort(better);
      throw better;
    }
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null || this.#process.pid === undefined) return;
    if (this.#process.connected) this.#process.disconnect();
    const patience = setTimeout(() => this.#process.kill('SIGKILL'), 5000);
    await this.#exited.catch(() => {});
    clearTimeout(patience);
  }
}

function fromChild({ message, hint, code }: Extract<FromChild, { type: 'failed' }>): Error {
  return code === undefined
    ? new Failure(message, hint)
    : new ProtocolError(code as ProtocolError['code'], message, { culprits: [] });
}
