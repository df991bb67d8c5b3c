import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProtocolError } from '../../errors.ts';
import { Failure } from '../terminal.ts';

/**
 * How many queries each counterparty has made, in a file of JSON lines that is only ever appended to:
 *
 *     {"type":"reserve","id":"...","peer":"<public key, hex>","reveal":"sum","at":"2026-01-31T12:00:00.000Z"}
 *     {"type":"commit","id":"..."}     the run ended
 *     {"type":"refund","id":"..."}     it failed before anything was sent
 *
 * A query is reserved, and on the disk, before the first byte goes out. A crash afterwards leaves the reservation standing: it counts. So a
 * counterparty cannot win queries by breaking connections, and a line torn by a crash belongs to a query that had not begun or counts anyway.
 */
export class Ledger {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #queries: Map<string, { peer: string; at: number }>;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle, queries: Map<string, { peer: string; at: number }>) {
    this.#path = path;
    this.#file = file;
    this.#queries = queries;
  }

  /** @throws {Failure} when another process has it open, or a line in the middle is damaged */
  static async open(path: string): Promise<Ledger> {
    await lock(path);
    let file: FileHandle | undefined;
    try {
      file = await open(path, 'a+', 0o600);
      const { queries, length } = replay(path, await readFile(path, 'utf8'));
      await file.truncate(length); // a torn last line
      return new Ledger(path, file, queries);
    } catch (error) {
      await file?.close();
      await unlock(path);
      throw error;
    }
  }

  /** Queries of a counterparty that count: ended, under way, or cut off; with `days`, of that many days back. */
  used(peer: string, days?: number, now: number = Date.now()): number {
    const since = days === undefined ? Number.NEGATIVE_INFINITY : now - days * 86_400_000;
    return [...this.#queries.values()].filter((query) => query.peer === peer && query.at >= since).length;
  }

  /**
   * Takes one query from a budget; on the disk when it resolves.
   * @returns its id, for `commit` or `refund`
   * @throws {ProtocolError} `policy` when the budget is used up
   */
  reserve(
    peer: string,
    reveal: string,
    budget?: { readonly queries: number; readonly days?: number },
    now: number = Date.now(),
  ): Promise<string> {
    return this.#inTurn(async () => {
      if (budget !== undefined && this.used(peer, budget.days, now) >= budget.queries) {
        const period = budget.days === undefined ? '' : ` in ${budget.days} days`;
        throw new ProtocolError('policy', `the budget of ${budget.queries} queries${period} is used up`, {
          phase: 'Hello',
        });
      }
      const id = randomUUID();
      await this.#append({ type: 'reserve', id, peer, reveal, at: new Date(now).toISOString() });
      this.#queries.set(id, { peer, at: now });
      return id;
    });
  }

  commit(id: string): Promise<void> {
    return this.#inTurn(() => this.#append({ type: 'commit', id }));
  }

  /** Gives a query back. Only for one of which nothing was sent. */
  refund(id: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#append({ type: 'refund', id });
      this.#queries.delete(id);
    });
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#file.close();
    await unlock(this.#path);
  }

  async #append(line: Readonly<Record<string, string>>): Promise<void> {
    await this.#file.appendFile(`${JSON.stringify(line)}\n`);
    await this.#file.datasync();
  }

  /** One after the other: what is counted is what is written. */
  #inTurn<Value>(task: () => Promise<Value>): Promise<Value> {
    const result = this.#writing.then(task, task);
    this.#writing = result.catch(() => {});
    return result;
  }
}

/** Reads the lines back. A last line without its line end was never acknowledged: it is cut off. */
function replay(path: string, text: string): { queries: Map<string, { peer: string; at: number }>; length: number } {
  const queries = new Map<string, { peer: string; at: number }>();
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  for (const [i, line] of whole.split('\n').slice(0, -1).entries()) {
    const damaged = (why: string): never => {
      throw new Failure(`${path}, line ${i + 1}: ${why}`, 'the ledger counts queries: restore it from a backup');
    };
    let entry: Record<string, unknown>;
    try {
      entry = JSON.parse(line) as Record<string, unknown>;
    } catch {
      return damaged('not JSON');
    }
    const { type, id, peer, at } = entry ?? {};
    if (typeof id !== 'string') damaged('no query id');
    if (type === 'reserve') {
      const time = Date.parse(String(at));
      if (typeof peer !== 'string' || Number.isNaN(time)) damaged('a reservation without peer or time');
      queries.set(id as string, { peer: peer as string, at: time });
    } else if (type === 'refund') queries.delete(id as string);
    else if (type !== 'commit') damaged('expected reserve, commit or refund');
  }
  return { queries, length: Buffer.byteLength(whole) };
}

/** Ledgers of this process. In a container its number is often that of the process before it. */
const held = new Set<string>();

/** Milliseconds for a process to write its number into the lock that it has just made. */
const WRITING = 1000;

/** One process a ledger: two would each grant the last query. */
async function lock(path: string): Promise<void> {
  const place = `${path}.lock`;
  if (held.has(place)) throw new Failure(`${path}: another process (${process.pid}) uses this ledger`);
  held.add(place);
  try {
    await take(path, place);
  } catch (error) {
    held.delete(place);
    throw error;
  }
}

async function take(path: string, place: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      const file = await open(place, 'wx', 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') throw new Failure(`${path}: the folder of the ledger does not exist`);
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
        throw new Failure(`${path}: not allowed to write the ledger`);
      }
      if (code !== 'EEXIST') throw error;
    }
    const owner = await ownerOf(place);
    const inUse = owner > 0 && owner !== process.pid && alive(owner);
    if (inUse || attempt > 2) throw new Failure(`${path}: another process (${owner}) uses this ledger`);
    await takeAway(place, owner);
  }
}

/** 0 when the lock is gone, or was left behind empty. */
async function ownerOf(place: string): Promise<number> {
  for (let waited = 0; ; waited += WRITING / 20) {
    const text = await readFile(place, 'utf8').catch(() => '0');
    if (text !== '' || waited >= WRITING) return Number(text);
    await sleep(WRITING / 20);
  }
}

/** Removes a lock that a crash left behind; one that another process has taken meanwhile is put back. */
async function takeAway(place: string, owner: number): Promise<void> {
  const aside = `${place}.${randomUUID()}`;
  try {
    await rename(place, aside);
  } catch {
    return; // another process was faster
  }
  const found = await readFile(aside, 'utf8');
  if (Number(found) !== owner) await writeFile(place, found, { flag: 'wx', mode: 0o600 }).catch(() => {});
  await rm(aside, { force: true });
}

async function unlock(path: string): Promise<void> {
  await rm(`${path}.lock`, { force: true });
  held.delete(`${path}.lock`);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
