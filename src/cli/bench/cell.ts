import type { Reveal } from '../../protocols/psi/index.ts';
import type { SchemeName } from '../demo/schemes.ts';

/** One whole round: all parties in one process, through the public interface. */
export interface RoundCell {
  readonly kind: 'round';
  readonly scheme: SchemeName;
  /** n */
  readonly clients: number;
  /** d: values in an update */
  readonly dimension: number;
  /** Share of the clients that leaves at the costliest moment: just before their contribution. */
  readonly dropout: number;
  readonly threads: number;
  /** Of updates. Keys and masks are always fresh. */
  readonly seed: number;
}

export const PSI_SUITES = ['ristretto255', 'unbalanced', 'openmined-p256'] as const;
/** The protocol: DH on ristretto255; a compact filter and a verifiable OPRF; the wire of OpenMined PSI on P-256. */
export type PsiSuite = (typeof PSI_SUITES)[number];

/** One whole set intersection. */
export interface PsiCell {
  readonly kind: 'psi';
  readonly suite: PsiSuite;
  readonly reveal: Reveal;
  /** Identifiers of the receiver, who learns the result. */
  readonly left: number;
  /** Identifiers of the sender. Half of the smaller set is in both. */
  readonly right: number;
  readonly threads: number;
  readonly seed: number;
}

export type Cell = RoundCell | PsiCell;

/** What does not depend on the machine. */
export interface Counts {
  /** Bytes of keystream expanded into masks, all parties. */
  readonly prgBytes: number;
  /** Multiplications of a group element by a scalar that went through plans, all parties. */
  readonly scalarMultiplications: number;
  readonly hashToGroup: number;
  /** Ciphertexts encrypted, added to a sum, partially decrypted or opened, all parties. */
  readonly ciphertextOperations: number;
}

/** One run of a round; bytes and milliseconds per client are means over the clients that stayed. */
export interface RoundRun {
  readonly kind: 'round';
  readonly clientMs: number;
  readonly serverMs: number;
  /** Work of aggregation servers or decryptors, the sum over all of them. */
  readonly helperMs: number;
  /** The server's work by phase. */
  readonly serverPhases: Readonly<Record<string, number>>;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** All bytes that arrive at or leave the server. */
  readonly serverBytes: number;
  /** Sent and received by all helpers. */
  readonly helperBytes: number;
  /** All frames of all parties, counted once. */
  readonly totalBytes: number;
  readonly frames: number;
  readonly survivors: number;
  /** |mean found - mean of the survivors' real numbers|, L2, over the L2 norm of the latter. */
  readonly relativeError: number;
  readonly counts: Counts;
}

export interface PsiRun {
  readonly kind: 'psi';
  /** Both parties, who share one process and its threads. */
  readonly wallMs: number;
  readonly leftMs: number;
  readonly rightMs: number;
  readonly leftBytes: number;
  readonly rightBytes: number;
  readonly frames: number;
  readonly overlap: number;
  readonly counts: Counts;
}

export type Run = RoundRun | PsiRun;

/** What a cell's process reports. */
export interface Measured {
  readonly cell: Cell;
  readonly runs: readonly Run[];
  /** Bytes. */
  readonly peakRss: number;
  /** Resident before the first run: the runtime and the code. */
  readonly baseRss: number;
  /** Parameters the scheme derived, e.g. k and t. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  /** Share of the wall time of the runs in which the process had a processor, or more than 1 with threads. */
  readonly cpuShare: number;
}

/** A name that stays the same between runs, to compare cells by. */
export function cellId(cell: Cell): string {
  return cell.kind === 'round'
    ? `${cell.scheme} n=${cell.clients} d=${cell.dimension} dropout=${cell.dropout} threads=${cell.threads}`
    : `psi ${cell.suite} ${cell.reveal} ${cell.left}x${cell.right} threads=${cell.threads}`;
}
