import type { Model } from './model.ts';

/** Constants fitted to bench/results/quick-busy.json by `npm run bench:fit`; not edited by hand. */
export const BUILT_IN: Model = {
  format: 'subrosa-model/1',
  date: '2026-11-22T04:08:42.609Z',
  machine: { cpu: 'AMD EPYC', node: '20.20.2' },
  noisy: 0.6977,
  rounds: {
    plain: {
      bytesUp: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: { 'the round itself': 0.00711, packing: 3.753e-8 },
        heldOut: { cells: 7, medianError: 0.08569, worstError: 0.4085 },
      },
      serverMs: {
        constants: {
          'the round itself': 0,
          'frames of n clients': 0.01116,
          'adding vectors': 0.000001116,
          'decoding the sum': 0.000002239,
        },
        heldOut: { cells: 7, medianError: 0.1427, worstError: 0.2615 },
      },
      memory: {
        constants: { 'code and garbage': 27470000, 'vectors of all parties': 3.661 },
        heldOut: { cells: 7, medianError: 0.08586, worstError: 0.3453 },
      },
    },
    pairwise: {
      bytesUp: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      bytesDown: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: {
          'the round itself': 1.86,
          'keys and boxes of k neighbours': 0,
          'sharing two secrets, k x t': 0.01364,
          'masks over the vector': 0,
          'encoding and packing': 0.000004501,
        },
        heldOut: { cells: 7, medianError: 0.1725, worstError: 0.5045 },
      },
      serverMs: {
        constants: {
          'the round itself': 0.8994,
          'shares passed on': 0,
          'shares put together': 0.01482,
          'unpacking and adding vectors': 0,
          'masks of survivors and dropped edges': 0.000004182,
        },
        heldOut: { cells: 7, medianError: 0.279, worstError: 0.8476 },
      },
      memory: {
        constants: { 'code and garbage': 30960000, 'vectors of all parties': 2.879 },
        heldOut: { cells: 7, medianError: 0.05773, worstError: 0.3513 },
      },
    },
    shares: {
      bytesUp: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      helperBytes: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: { 'the round itself': 0.06726, 'seeds and masks': 0.000008153 },
        heldOut: { cells: 7, medianError: 0.07081, worstError: 0.2732 },
      },
      serverMs: {
        constants: { 'the round itself': 0.09255, 'frames of n clients': 0.004651, 'adding partial sums': 0.000008679 },
        heldOut: { cells: 7, medianError: 0.3226, worstError: 1.251 },
      },
      helperMs: {
        constants: { 'the round itself': 0.2369, 'frames of n clients': 0.0247, 'adding shares': 0.000005673 },
        heldOut: { cells: 7, medianError: 0.3506, worstError: 0.7011 },
      },
      memory: {
        constants: { 'code and garbage': 30570000, 'vectors of all parties': 3.355 },
        heldOut: { cells: 7, medianError: 0.1044, worstError: 0.4555 },
      },
    },
    ckks: {
      bytesUp: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      bytesDown: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      helperBytes: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: { 'the round itself': 9.302, encryption: 3.755 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      serverMs: {
        constants: {
          'the round itself': 6.045,
          'frames of n clients': 0,
          'adding ciphertexts': 0,
          'opening the sum': 4.183,
        },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      helperMs: {
        constants: { 'key generation': 40.37, 'checking and adding uploads': 0, 'partial decryption': 13.41 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      memory: {
        constants: { 'code and garbage': 97930000, 'vectors of all parties': 0 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
    },
    bfv: {
      bytesUp: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      bytesDown: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      helperBytes: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: { 'the round itself': 5.092, encryption: 3.649 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      serverMs: {
        constants: {
          'the round itself': 1.845,
          'frames of n clients': 0,
          'adding ciphertexts': 0,
          'opening the sum': 3.24,
        },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      helperMs: {
        constants: { 'key generation': 74.7, 'checking and adding uploads': 0, 'partial decryption': 5.078 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      memory: {
        constants: { 'code and garbage': 92940000, 'vectors of all parties': 0.8305 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
    },
  },
  psi: {
    ristretto255: {
      leftBytes: { constants: {}, heldOut: { cells: 9, medianError: 0, worstError: 0 } },
      rightBytes: { constants: {}, heldOut: { cells: 9, medianError: 0, worstError: 0 } },
      wallMs: {
        constants: { 'the run itself': 9.784, 'group arithmetic on both sets': 0.08473, 'encrypted values': 0.06977 },
        heldOut: { cells: 9, medianError: 0.1884, worstError: 2.151 },
      },
      leftMs: {
        constants: {
          'the run itself': 0.6041,
          'blinding its own': 0.03992,
          "multiplying the other's": 0.04314,
          'adding encrypted values': 0.01864,
        },
        heldOut: { cells: 9, medianError: 0.3483, worstError: 2.882 },
      },
      rightMs: {
        constants: {
          'the run itself': 0,
          'blinding its own': 0.04639,
          "multiplying the other's": 0.03897,
          'encrypting values': 0.04447,
        },
        heldOut: { cells: 9, medianError: 0.3179, worstError: 2.43 },
      },
    },
  },
};
