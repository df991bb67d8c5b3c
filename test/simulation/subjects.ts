import { additiveShares, pairwiseMasks, plaintext } from '../../src/aggregate/index.ts';
import { equalBytes, toHex } from '../../src/bytes/index.ts';
import { unpackVector } from '../../src/math/index.ts';
import type { PartyId } from '../../src/protocols/index.ts';
import { decodeFrame, FRAME_HEADER, PROTOCOLS } from '../../src/protocols/index.ts';
import { MESSAGE } from '../../src/protocols/secagg/messages.ts';
import {
  decodePartialSum,
  type ShareSumParameters,
  shareSumRound,
  TYPES,
} from '../../src/protocols/share-sum/index.ts';
import { uniformBelow } from '../../src/random/index.ts';
import { toBigInts } from '../conformance/play.ts';
import type { Run, Subject } from './scenario.ts';
import { secaggOracle } from './secagg-oracle.ts';

const plain: Subject = {
  name: 'plaintext',
  scheme: () => plaintext(),
  smallest: 2,
  largest: 8,
  contributions: (run, client) =>
    run.sent.filter(({ from }) => from === client).flatMap(({ frame }) => plainInput(run, frame)),
};

function plainInput({ scheme, round: { spec } }: Run, frame: Uint8Array): bigint[][] {
  try {
    const { body } = decodeFrame(PROTOCOLS.plain, scheme.session(spec), frame);
    return [toBigInts(unpackVector(body, spec.bits, spec.length))];
  } catch {
    return [];
  }
}

function shares(name: string, parameters: (helpers: number) => ShareSumParameters): Subject {
  return {
    name,
    scheme: (_clients, helpers) => additiveShares(parameters(helpers)),
    helpers: (rng) => 2 + uniformBelow(4, rng),
    smallest: 2,
    largest: 8,
    oracle: (run) => oneSumPerServer(run, parameters(run.round.spec.helpers.length)),
  };
}

/** An aggregation server that added up two sets would have revealed the difference of two sums. */
function oneSumPerServer(run: Run, parameters: ShareSumParameters): void {
  const round = shareSumRound(run.round.spec, parameters);
  for (const { id } of run.round.spec.helpers) {
    if (run.corrupt.has(id)) continue;
    const sets = new Set<string>();
    for (const { from, frame } of run.sent) {
      if (from !== id || frame[5] !== TYPES.partialSum) continue;
      const { body } = decodeFrame(PROTOCOLS.shareSum, round.session, frame);
      sets.add(toHex(decodePartialSum(round, body).contributors));
    }
    if (sets.size > 1) throw new Error(`${id} added up ${sets.size} different sets`);
  }
}

function masks(name: string, adversary: 'honest-but-curious' | 'malicious-server', largest: number): Subject {
  const parameters = { adversary, dropout: 0.3, corrupt: 0.15, suite: 'chacha20' } as const;
  return {
    name,
    scheme: () => pairwiseMasks(parameters),
    smallest: 4,
    largest,
    contributions: maskedContributions,
    oracle: (run) => secaggOracle(run, parameters),
  };
}

/** A client that garbles its masked input, and nothing else, contributes its input plus what it changed. */
function maskedContributions({ sent, round }: Run, client: PartyId): bigint[][] | undefined {
  const { spec, inputs } = round;
  const own = sent.filter(({ from }) => from === client);
  const input = toBigInts(inputs.get(client)!);
  const out: bigint[][] = [];
  for (const { frame, intended } of own) {
    if (intended[5] !== MESSAGE.MaskedInput) {
      if (!equalBytes(frame, intended)) return undefined;
      continue;
    }
    try {
      const found = toBigInts(unpackVector(frame.subarray(FRAME_HEADER), spec.bits, spec.length));
      const honest = toBigInts(unpackVector(intended.subarray(FRAME_HEADER), spec.bits, spec.length));
      out.push(input.map((value, i) => value + found[i]! - honest[i]!));
    } catch {
      // of the wrong length: the server cannot have added it
    }
  }
  return out;
}

/** Subjects and their part of the rounds. */
export const SUBJECTS: readonly { readonly subject: Subject; readonly share: number }[] = [
  { subject: plain, share: 1.2 },
  { subject: shares('additive-shares', () => ({ mode: 'additive' })), share: 1.2 },
  {
    subject: shares('shamir-shares', (helpers) => ({ mode: 'shamir', threshold: Math.floor(helpers / 2) + 1 })),
    share: 1.2,
  },
  { subject: masks('pairwise-masks', 'honest-but-curious', 8), share: 1 },
  { subject: masks('pairwise-masks-malicious', 'malicious-server', 7), share: 0.4 },
];
