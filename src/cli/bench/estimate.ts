import type { Cell, PsiCell } from './cell.ts';
import { BUILT_IN } from './constants.ts';
import type { Effort } from './measure.ts';
import { predict, psiTerms, roundTerms, type Target } from './model.ts';

/** Starting a process, and what is around the runs of a cell: milliseconds. */
const PROCESS = 500;
/** Making updates and checking the mean: milliseconds for each value of each client. */
const CHECKING = 2e-5;
/** P-256: milliseconds for each identifier of either side. */
const P256 = 0.5;

/** About how long a cell will take, by the built-in cost model: enough to tell people when to come back. */
export function expectedMs(cell: Cell, effort: Effort): number {
  const run = Math.max(1, cell.kind === 'round' ? roundMs(cell) : psiMs(cell));
  const runs = Math.min(effort.most, Math.max(effort.least, Math.ceil(effort.budget / run)));
  return PROCESS + Math.max(run, effort.warmUp) + runs * run;
}

function roundMs(cell: Cell & { kind: 'round' }): number {
  const of = (target: Target) =>
    predict(BUILT_IN.rounds[cell.scheme]?.[target], roundTerms(cell.scheme, cell, target))?.value ?? 0;
  return cell.clients * of('clientMs') + of('serverMs') + of('helperMs') + CHECKING * cell.clients * cell.dimension;
}

function psiMs(cell: PsiCell): number {
  const { suite, left, right } = cell;
  if (suite === 'openmined-p256') return P256 * (left + right);
  const asMembers = suite === 'unbalanced' ? ({ reveal: 'members', left, right } as const) : cell;
  return predict(BUILT_IN.psi['ristretto255']?.['wallMs'], psiTerms(asMembers, 'wallMs'))?.value ?? 0;
}

/** Corrects expectations by how the parts done so far did. */
export class Remaining {
  #left: number;
  #expected = 0;
  #took = 0;

  /** @param total milliseconds expected for all parts */
  constructor(total: number) {
    this.#left = total;
  }

  /** A part is done. @param took 0 when it had been measured before */
  done(expected: number, took: number): void {
    this.#left -= expected;
    if (took === 0) return;
    this.#expected += expected;
    this.#took += took;
  }

  /** Milliseconds. */
  get ms(): number {
    const pace = this.#expected === 0 ? 1 : this.#took / this.#expected;
    return Math.max(0, this.#left) * pace;
  }
}
