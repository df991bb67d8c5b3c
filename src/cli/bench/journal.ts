import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../terminal.ts';
import type { Machine } from './machine.ts';
import type { MicroRow } from './micro.ts';
import type { FailedCell, Row } from './results.ts';

/** What one part of a study gave. */
export type Entry =
  | { readonly kind: 'micro'; readonly row: MicroRow }
  | { readonly kind: 'row'; readonly row: Row }
  | { readonly kind: 'failed'; readonly row: FailedCell };

/** What must be the same for an interrupted study to go on. */
export interface Circumstances {
  readonly machine: Machine;
  readonly date: string;
  readonly command: string;
}

/** A file of JSON lines in the folder of the results, removed when these are written: whoever is interrupted loses one cell, not all. */
export class Journal {
  readonly #path: string;
  /** Of the start, and the load then. */
  readonly circumstances: Circumstances;
  readonly #entries = new Map<string, Entry>();

  /**
   * @param resume go on where the last one in this folder was interrupted
   * @throws {Failure} with `resume`: there is nothing to resume, or it is of another machine, commit or command
   */
  constructor(folder: string, now: Circumstances, resume: boolean) {
    this.#path = join(folder, 'unfinished.jsonl');
    if (!resume) {
      mkdirSync(folder, { recursive: true });
      this.circumstances = now;
      writeFileSync(this.#path, `${JSON.stringify(now)}\n`);
      return;
    }
    if (!existsSync(this.#path)) throw new Failure(`${folder} has no interrupted study`, 'start it without --resume');
    const [first, ...lines] = complete(readFileSync(this.#path, 'utf8'));
    if (first === undefined) throw new Failure(`${this.#path} is empty`, 'start again without --resume');
    this.circumstances = first as Circumstances;
    for (const [what, before, after] of differences(this.circumstances, now)) {
      throw new Failure(
        `the interrupted study has ${what} ${before}, this one ${after}`,
        'start again without --resume',
      );
    }
    for (const entry of lines as Entry[]) if (entry.kind !== 'failed') this.#entries.set(entry.row.id, entry);
    // Without a line that was cut off.
    writeFileSync(this.#path, `${[first, ...lines].map((line) => JSON.stringify(line)).join('\n')}\n`);
  }

  /** What was measured before the interruption; a cell that failed is tried again. */
  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  add(entry: Entry): void {
    appendFileSync(this.#path, `${JSON.stringify(entry)}\n`);
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}

/** The lines of a file whose last one may have been cut off. */
function complete(text: string): unknown[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
}

function differences(before: Circumstances, now: Circumstances): (readonly [string, string, string])[] {
  const facts = ({ machine: { cpu, node, version, commit }, command }: Circumstances) => [
    ['processor', cpu] as const,
    ['Node', node] as const,
    ['version', version] as const,
    ['commit', commit ?? 'none'] as const,
    ['command', command] as const,
  ];
  const after = facts(now);
  return facts(before).flatMap(([what, value], i) =>
    value === after[i]![1] ? [] : [[what, value, after[i]![1]] as const],
  );
}
