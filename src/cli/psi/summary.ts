import type { Reveal } from '../../protocols/psi/index.ts';

/** The receiver is left (it learns the result), the sender is right (it holds the values). */
export type Side = 'left' | 'right';

/** One number for each side; null where this process cannot know it (the peer's duplicates, in the two-machine form). */
export interface BySide<Value> {
  readonly left: Value;
  readonly right: Value;
}

/** Time of one step of a run on this machine. The steps of `members` overlap, so they may add up to more than the whole. */
export interface PhaseTime {
  /** `read`, `connect`, `blind`, `evaluate`, `offer`, `match`, `result`, `write` */
  readonly phase: string;
  readonly side: Side;
  readonly seconds: number;
}

/** A rule that was applied, and what enforces it. */
export interface AppliedRule {
  /** e.g. `minimum overlap`, `maximum set size`, `query budget`, `noise` */
  readonly rule: string;
  /** e.g. `100 users`, `3 of 10 queries left`, `discrete Laplace, scale 2` */
  readonly value: string;
  /** `policy`: a promise of one party's software; `cryptography`: holds whatever that software does. */
  readonly enforcedBy: 'policy' | 'cryptography';
  /** One sentence that says who enforces it and against whom it does not help. */
  readonly note: string;
}

/** Noise that the sender added to what it opened. */
export interface NoiseApplied {
  readonly mechanism: 'discrete-laplace' | 'discrete-gaussian';
  /** Scale of the Laplace, or sigma of the Gaussian: a decimal number, in units of the result. */
  readonly scale: number;
  /** Half width of an interval that holds the true value with probability 95 %, per number. */
  readonly within95: number;
}

/** What a run ends with: printed by `--json`, written as result.json, drawn by report.html. */
export interface Summary {
  readonly reveal: Reveal;
  /** Size of the overlap; null when it was suppressed or this party does not learn it. */
  readonly count: number | null;
  /** The overlap is below the agreed minimum: neither count nor result is given. */
  readonly suppressed: boolean;
  /** `sum`: of the right side's value column over the overlap. With noise it may be negative. */
  readonly sum?: number;
  /** `frequency` */
  readonly frequency?: {
    /** Reach at `atLeast` exposures and more, in ascending order. */
    readonly buckets: readonly { readonly atLeast: number; readonly users: number }[];
    /** Users seen `exposures` .. `upTo` times (both ends included; `upTo` null: no upper end). */
    readonly histogram: readonly {
      readonly exposures: number;
      readonly upTo: number | null;
      readonly users: number;
    }[];
  };
  /** Distinct identifiers on each side. */
  readonly sizes: BySide<number>;
  /** Rows whose identifier an earlier row of the same side had. */
  readonly duplicatesRemoved: BySide<number | null>;
  /** Rows without a usable identifier (empty cell, no e-mail address, no phone number). */
  readonly unusable: BySide<number | null>;
  /** On the wire, as this party's (in the local form: the left side's) channel counts them. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Wall clock, from reading to the result. */
  readonly seconds: number;
  /** Plain sentences: what each party has learned from this run. */
  readonly learned: BySide<readonly string[]>;

  /** `both` in the local form, else the side that this process played. */
  readonly party: Side | 'both';
  /** `members`, mutual: the right side learned its matching rows too. */
  readonly mutual: boolean;
  readonly phases: readonly PhaseTime[];
  readonly policy: readonly AppliedRule[];
  readonly noise?: NoiseApplied;
  readonly versions: {
    /** of this package */
    readonly subrosa: string;
    /** of the protocol, e.g. `psi/1` */
    readonly protocol: string;
    /** e.g. `ristretto255-SHA512` */
    readonly suite: string;
    /** Identifier rule, e.g. `email/1` */
    readonly normalisation: string;
  };
  /** 32 bytes as hex: the session both parties agreed on. */
  readonly session: string;
  /** Public keys of the two identities as hex, in the two-machine form. */
  readonly identities?: BySide<string>;
  /** Where the rows came from; file names without their folders, key columns as given. null: the peer's affair. */
  readonly inputs: BySide<{
    readonly file: string;
    readonly key: readonly string[];
    readonly value?: string;
    readonly rows: number;
  } | null>;
  /** ISO 8601, UTC */
  readonly finished: string;
}
