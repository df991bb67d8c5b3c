import {
  closeSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '../../bytes/index.ts';
import { sha256 } from '../../crypto/index.ts';
import type { Scratch, Spill } from '../../protocols/psi/index.ts';

/**
 * Temporary folders: what is in them is somebody's customers. Only this user may enter them (mode 0700), they are deleted at the end and on
 * Ctrl-C, and what a process that was killed has left is deleted when the next one starts. Their names say whose they are.
 */
/** Processes have numbers of their own on every host, and several hosts may share one TMPDIR. */
const HOST: string = toHex(sha256(new TextEncoder().encode(hostname()))).slice(0, 8);

let cleaned = false;

/** A new folder of this process. Whoever asks for it deletes it. */
export function temporaryFolder(): string {
  removeAbandonedOnce();
  return folderOfOurs();
}

/** Every command that reads a list begins with it. */
export function removeAbandonedOnce(): void {
  if (!cleaned) removeAbandoned();
  cleaned = true;
}

/** A new folder with a name that {@link removeAbandoned} knows. */
export function folderOfOurs(within: string = tmpdir(), prefix = 'subrosa-'): string {
  return mkdtempSync(join(within, `${prefix}${HOST}-${process.pid}-`));
}

/** Deletes the folders of this user's processes that are no more. @returns their names */
export function removeAbandoned(within: string = tmpdir(), prefix = 'subrosa-'): string[] {
  const removed: string[] = [];
  let names: string[];
  try {
    names = readdirSync(within);
  } catch {
    return removed;
  }
  for (const name of names) {
    const start = `${prefix}${HOST}-`;
    const pid = name.startsWith(start) ? /^\d+(?=-)/.exec(name.slice(start.length))?.[0] : undefined;
    if (pid === undefined) continue;
    const folder = join(within, name);
    try {
      const found = lstatSync(folder);
      const ours = process.getuid === undefined || found.uid === process.getuid();
      if (!ours || !found.isDirectory() || runs(Number(pid), found.birthtimeMs)) continue;
      rmSync(folder, { recursive: true, force: true });
      removed.push(name);
    } catch {
      // Somebody else is deleting it, or it is not ours to delete.
    }
  }
  return removed;
}

/** Whether the process that made something at `since` (milliseconds since 1970) may still run. */
function runs(pid: number, since: number): boolean {
  if (pid === process.pid) {
    // A number may come again, above all in containers: what is older than this process is not its own.
    const started = Date.now() - 1000 * process.uptime();
    return since > started - 2000;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/**
 * Scratch files for tokens that do not fit in memory. Where the system allows it they have no name from the moment they are open: nothing is left of
 * them however the process ends.
 */
export class FileSpill implements Spill {
  readonly memoryBytes: number;
  readonly #files: number[] = [];
  readonly #folders: string[] = [];

  constructor(memoryBytes: number) {
    this.memoryBytes = memoryBytes;
  }

  /** Files that were needed. */
  get files(): number {
    return this.#files.length;
  }

  open(): Scratch {
    const folder = temporaryFolder();
    this.#folders.push(folder);
    const path = join(folder, 'tokens');
    const file = openSync(path, 'wx+', 0o600);
    this.#files.push(file);
    if (process.platform !== 'win32') {
      unlinkSync(path);
      rmdirSync(folder);
      this.#folders.pop();
    }
    let end = 0;
    return {
      append(bytes) {
        const at = end;
        for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, at + done);
        end += bytes.length;
        return at;
      },
      read(at, length) {
        const out = new Uint8Array(length);
        for (let done = 0; done < length; ) {
          const count = readSync(file, out, done, length - done, at + done);
          if (count === 0) throw new RangeError(`${length} bytes wanted at ${at}, ${done} are there`);
          done += count;
        }
        return out;
      },
    };
  }

  close(): void {
    for (const file of this.#files.splice(0)) closeSync(file);
    for (const folder of this.#folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  }
}
