import type { Summary } from '../../src/cli/psi/summary.ts';

const sizes = ['how many distinct identifiers the other side has'];

/** A run of `count` in the local form; the samples below differ from it in what they name. */
export const COUNT: Summary = {
  reveal: 'count',
  count: 6412,
  suppressed: false,
  sizes: { left: 19_204, right: 29_871 },
  duplicatesRemoved: { left: 796, right: 11_310 },
  unusable: { left: 143, right: 88 },
  bytesSent: 1_830_412,
  bytesReceived: 2_240_155,
  seconds: 7.42,
  learned: { left: [...sizes, 'how many identifiers are in both sets, not which'], right: sizes },
  party: 'both',
  mutual: false,
  phases: [
    { phase: 'read', side: 'left', seconds: 0.31 },
    { phase: 'read', side: 'right', seconds: 0.44 },
    { phase: 'blind', side: 'left', seconds: 1.5 },
    { phase: 'evaluate', side: 'right', seconds: 1.62 },
    { phase: 'offer', side: 'right', seconds: 2.35 },
    { phase: 'match', side: 'left', seconds: 2.4 },
    { phase: 'result', side: 'left', seconds: 0.02 },
    { phase: 'result', side: 'right', seconds: 0.05 },
  ],
  policy: [
    {
      rule: 'minimum overlap',
      value: '100 users',
      enforcedBy: 'policy',
      note: 'The left side’s software counts first and then keeps back what is below the minimum; a changed program could look.',
    },
    {
      rule: 'identifiers outside the overlap',
      value: 'hidden from the other side',
      enforcedBy: 'cryptography',
      note: 'Decisional Diffie-Hellman in ristretto255, SHA-512 as a random oracle, parties that follow the protocol.',
    },
    {
      rule: 'two different identifiers taken for one',
      value: 'probability at most 2^-40 in this run',
      enforcedBy: 'cryptography',
      note: '9 bytes are kept of every double-masked identifier.',
    },
  ],
  versions: { subrosa: '0.1.0', protocol: 'psi/1', suite: 'ristretto255-SHA512', normalisation: 'email/1' },
  session: 'c0ffee'.padEnd(64, '0'),
  inputs: {
    left: { file: 'advertiser.csv', key: ['email'], rows: 20_143 },
    right: { file: 'publisher.csv', key: ['email'], rows: 41_269 },
  },
  finished: '2026-03-14T15:09:26.535Z',
};

const spend = { ...COUNT.inputs.right!, value: 'spend_cents' };

export const MEMBERS: Summary = {
  ...COUNT,
  reveal: 'members',
  learned: { left: [...sizes, 'which of its own rows are in both sets, and so how many'], right: sizes },
};

export const SUM: Summary = { ...COUNT, reveal: 'sum', sum: 18_734_029, inputs: { ...COUNT.inputs, right: spend } };

export const FREQUENCY: Summary = {
  ...COUNT,
  reveal: 'frequency',
  frequency: {
    buckets: [
      { atLeast: 1, users: 6412 },
      { atLeast: 2, users: 3911 },
      { atLeast: 3, users: 2604 },
      { atLeast: 5, users: 1302 },
      { atLeast: 10, users: 377 },
    ],
    histogram: [
      { exposures: 1, upTo: 1, users: 2501 },
      { exposures: 2, upTo: 2, users: 1307 },
      { exposures: 3, upTo: 4, users: 1302 },
      { exposures: 5, upTo: 9, users: 925 },
      { exposures: 10, upTo: null, users: 377 },
    ],
  },
};

export const SUPPRESSED: Summary = {
  ...COUNT,
  count: null,
  suppressed: true,
  learned: {
    left: [
      ...sizes,
      'that fewer than 100 identifiers are in both sets; its software computed the exact number and kept it back',
    ],
    right: sizes,
  },
};
