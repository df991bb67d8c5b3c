import type { Model } from './model.ts';

/** Constants fitted to bench/results/full.json by `npm run bench:fit`; not edited by hand. */
export const BUILT_IN: Model = {
  format: 'subrosa-model/1',
  date: '2026-11-22T06:05:11.004Z',
  machine: { cpu: 'AMD EPYC', node: '20.20.2' },
  noisy: 0.3214,
  rounds: {
    plain: {
      bytesUp: { constants: {}, heldOut: { cells: 23, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 23, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: { 'the round itself': 0.00405, packing: 7.176e-9 },
        heldOut: { cells: 23, medianError: 0.1789, worstError: 1.275 },
      },
      serverMs: {
        constants: {
          'the round itself': 0,
          'frames of n clients': 0.006148,
          'adding vectors': 0.000001949,
          'decoding the sum': 0,
        },
        heldOut: { cells: 23, medianError: 0.2962, worstError: 1.085 },
      },
      memory: {
        constants: { 'code and garbage': 57920000, 'vectors of all parties': 0.9365 },
        heldOut: { cells: 23, medianError: 0.2113, worstError: 0.567 },
      },
    },
    pairwise: {
      bytesUp: { constants: {}, heldOut: { cells: 20, medianError: 0, worstError: 0 } },
      bytesDown: { constants: {}, heldOut: { cells: 20, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 20, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: {
          'the round itself': 1.598,
          'keys and boxes of k neighbours': 0.0552,
          'sharing two secrets, k x t': 0.002021,
          'masks over the vector': 0.000001068,
          'encoding and packing': 0.000003834,
        },
        heldOut: { cells: 20, medianError: 0.1452, worstError: 0.4157 },
      },
      serverMs: {
        constants: {
          'the round itself': 1.254,
          'shares passed on': 0.01239,
          'shares put together': 0.0008801,
          'unpacking and adding vectors': 0.000005248,
          'masks of survivors and dropped edges': 8.288e-7,
        },
        heldOut: { cells: 20, medianError: 0.1561, worstError: 0.3323 },
      },
      memory: {
        constants: { 'code and garbage': 54690000, 'vectors of all parties': 1.034 },
        heldOut: { cells: 20, medianError: 0.2556, worstError: 0.7263 },
      },
    },
    shares: {
      bytesUp: { constants: {}, heldOut: { cells: 17, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 17, medianError: 0, worstError: 0 } },
      helperBytes: { constants: {}, heldOut: { cells: 17, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: { 'the round itself': 0.05543, 'seeds and masks': 0.000006713 },
        heldOut: { cells: 17, medianError: 0.2352, worstError: 0.8816 },
      },
      serverMs: {
        constants: { 'the round itself': 0.06233, 'frames of n clients': 0.002652, 'adding partial sums': 0.00001089 },
        heldOut: { cells: 17, medianError: 0.3144, worstError: 0.7523 },
      },
      helperMs: {
        constants: { 'the round itself': 0, 'frames of n clients': 0.0334, 'adding shares': 0.000005799 },
        heldOut: { cells: 17, medianError: 0.1699, worstError: 0.6209 },
      },
      memory: {
        constants: { 'code and garbage': 56740000, 'vectors of all parties': 0.9462 },
        heldOut: { cells: 17, medianError: 0.35, worstError: 0.4767 },
      },
    },
    ckks: {
      bytesUp: { constants: {}, heldOut: { cells: 13, medianError: 0, worstError: 0 } },
      bytesDown: { constants: {}, heldOut: { cells: 13, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 13, medianError: 0, worstError: 0 } },
      helperBytes: { constants: {}, heldOut: { cells: 13, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: { 'the round itself': 4.254, encryption: 2.085 },
        heldOut: { cells: 13, medianError: 0.1024, worstError: 0.3609 },
      },
      serverMs: {
        constants: {
          'the round itself': 1.286,
          'frames of n clients': 0,
          'adding ciphertexts': 0.2342,
          'opening the sum': 0.83,
        },
        heldOut: { cells: 13, medianError: 0.07187, worstError: 0.2393 },
      },
      helperMs: {
        constants: { 'key generation': 34.65, 'checking and adding uploads': 0.1154, 'partial decryption': 2.644 },
        heldOut: { cells: 13, medianError: 0.1071, worstError: 0.3285 },
      },
      memory: {
        constants: { 'code and garbage': 108100000, 'vectors of all parties': 2.441 },
        heldOut: { cells: 13, medianError: 0.1202, worstError: 0.3485 },
      },
    },
    bfv: {
      bytesUp: { constants: {}, heldOut: { cells: 13, medianError: 0, worstError: 0 } },
      bytesDown: { constants: {}, heldOut: { cells: 13, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 13, medianError: 0, worstError: 0 } },
      helperBytes: { constants: {}, heldOut: { cells: 13, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: { 'the round itself': 4.185, encryption: 2.525 },
        heldOut: { cells: 13, medianError: 0.06138, worstError: 0.2905 },
      },
      serverMs: {
        constants: {
          'the round itself': 0.8573,
          'frames of n clients': 0,
          'adding ciphertexts': 0.2282,
          'opening the sum': 0.6902,
        },
        heldOut: { cells: 13, medianError: 0.1536, worstError: 0.3143 },
      },
      helperMs: {
        constants: { 'key generation': 33.7, 'checking and adding uploads': 0.1144, 'partial decryption': 3.082 },
        heldOut: { cells: 13, medianError: 0.182, worstError: 0.4723 },
      },
      memory: {
        constants: { 'code and garbage': 114000000, 'vectors of all parties': 2.154 },
        heldOut: { cells: 13, medianError: 0.1161, worstError: 0.3428 },
      },
    },
  },
  psi: {
    ristretto255: {
      leftBytes: { constants: {}, heldOut: { cells: 14, medianError: 0, worstError: 0 } },
      rightBytes: { constants: {}, heldOut: { cells: 14, medianError: 0, worstError: 0 } },
      wallMs: {
        constants: { 'the run itself': 0, 'group arithmetic on both sets': 0.04496, 'encrypted values': 0.0211 },
        heldOut: { cells: 14, medianError: 0.02291, worstError: 0.1015 },
      },
      leftMs: {
        constants: {
          'the run itself': 0.7676,
          'blinding its own': 0.0238,
          "multiplying the other's": 0.01988,
          'adding encrypted values': 0.0007048,
        },
        heldOut: { cells: 14, medianError: 0.05451, worstError: 0.3862 },
      },
      rightMs: {
        constants: {
          'the run itself': 0,
          'blinding its own': 0.02495,
          "multiplying the other's": 0.01947,
          'encrypting values': 0.01834,
        },
        heldOut: { cells: 14, medianError: 0.03952, worstError: 0.1021 },
      },
    },
  },
};
