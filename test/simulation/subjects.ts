import { plaintext } from '../../src/aggregate/index.ts';
import { unpackVector } from '../../src/math/index.ts';
import { decodeFrame, PROTOCOLS } from '../../src/protocols/index.ts';
import { toBigInts } from '../conformance/play.ts';
import type { Run, Subject } from './scenario.ts';

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

/** Subjects and their part of the rounds. */
export const SUBJECTS: readonly { readonly subject: Subject; readonly share: number }[] = [
  { subject: plain, share: 1 },
];
