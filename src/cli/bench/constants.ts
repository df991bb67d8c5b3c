import type { Model } from './model.ts';

/** Constants fitted to bench/results/quick-busy.json by `npm run bench:fit`; not edited by hand. */
export const BUILT_IN: Model = {
  format: 'subrosa-model/1',
  date: '2026-11-22T04:52:52.586Z',
  machine: { cpu: 'AMD EPYC', node: '20.20.2' },
  noisy: 0.8372,
  rounds: {
    plain: {
      bytesUp: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: { 'the round itself': 0.00871, packing: 2.593e-8 },
        heldOut: { cells: 7, medianError: 0.06758, worstError: 0.4719 },
      },
      serverMs: {
        constants: {
          'the round itself': 0.1004,
          'frames of n clients': 0.002965,
          'adding vectors': 0.000001727,
          'decoding the sum': 0,
        },
        heldOut: { cells: 7, medianError: 0.3942, worstError: 0.8776 },
      },
      memory: {
        constants: { 'code and garbage': 26300000, 'vectors of all parties': 2.374 },
        heldOut: { cells: 7, medianError: 0.02519, worstError: 0.1442 },
      },
    },
    pairwise: {
      bytesUp: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      bytesDown: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: {
          'the round itself': 5.93,
          'keys and boxes of k neighbours': 0,
          'sharing two secrets, k x t': 0.0216,
          'masks over the vector': 0,
          'encoding and packing': 0.0000309,
        },
        heldOut: { cells: 7, medianError: 0.4783, worstError: 2.907 },
      },
      serverMs: {
        constants: {
          'the round itself': 1.2,
          'shares passed on': 0,
          'shares put together': 0.02899,
          'unpacking and adding vectors': 0,
          'masks of survivors and dropped edges': 0.000009232,
        },
        heldOut: { cells: 7, medianError: 0.5108, worstError: 0.9554 },
      },
      memory: {
        constants: { 'code and garbage': 27440000, 'vectors of all parties': 2.042 },
        heldOut: { cells: 7, medianError: 0.02405, worstError: 0.07252 },
      },
    },
    shares: {
      bytesUp: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      helperBytes: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: { 'the round itself': 0.07211, 'seeds and masks': 0.00001096 },
        heldOut: { cells: 7, medianError: 0.829, worstError: 0.9291 },
      },
      serverMs: {
        constants: { 'the round itself': 0.1298, 'frames of n clients': 0.0124, 'adding partial sums': 0.000007704 },
        heldOut: { cells: 7, medianError: 0.3022, worstError: 0.9588 },
      },
      helperMs: {
        constants: { 'the round itself': 0.3193, 'frames of n clients': 0.04333, 'adding shares': 0.000008493 },
        heldOut: { cells: 7, medianError: 0.4894, worstError: 0.9234 },
      },
      memory: {
        constants: { 'code and garbage': 28720000, 'vectors of all parties': 2.596 },
        heldOut: { cells: 7, medianError: 0.08943, worstError: 0.3228 },
      },
    },
    ckks: {
      bytesUp: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      bytesDown: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      helperBytes: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: { 'the round itself': 2.74, encryption: 12.33 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      serverMs: {
        constants: { 'the round itself': 0, 'frames of n clients': 0, 'adding ciphertexts': 2.1, 'opening the sum': 0 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      helperMs: {
        constants: { 'key generation': 0, 'checking and adding uploads': 3.54, 'partial decryption': 4.339 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      memory: {
        constants: { 'code and garbage': 90550000, 'vectors of all parties': 0.7945 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
    },
    bfv: {
      bytesUp: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      bytesDown: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      helperBytes: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: { 'the round itself': 0, encryption: 8.98 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      serverMs: {
        constants: {
          'the round itself': 0.6532,
          'frames of n clients': 0,
          'adding ciphertexts': 0,
          'opening the sum': 5.062,
        },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      helperMs: {
        constants: { 'key generation': 23.88, 'checking and adding uploads': 0.5628, 'partial decryption': 14.53 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      memory: {
        constants: { 'code and garbage': 90460000, 'vectors of all parties': 0.6047 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
    },
  },
  psi: {
    ristretto255: {
      leftBytes: { constants: {}, heldOut: { cells: 9, medianError: 0, worstError: 0 } },
      rightBytes: { constants: {}, heldOut: { cells: 9, medianError: 0, worstError: 0 } },
      wallMs: {
        constants: { 'the run itself': 1.362, 'group arithmetic on both sets': 0.056, 'encrypted values': 0.0272 },
        heldOut: { cells: 9, medianError: 0.1253, worstError: 0.3719 },
      },
      leftMs: {
        constants: {
          'the run itself': 0.2076,
          'blinding its own': 0.03062,
          "multiplying the other's": 0.02376,
          'adding encrypted values': 0.002788,
        },
        heldOut: { cells: 9, medianError: 0.1117, worstError: 0.183 },
      },
      rightMs: {
        constants: {
          'the run itself': 0,
          'blinding its own': 0.0251,
          "multiplying the other's": 0.02449,
          'encrypting values': 0.01915,
        },
        heldOut: { cells: 9, medianError: 0.1662, worstError: 0.6973 },
      },
    },
  },
};
