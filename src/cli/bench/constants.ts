import type { Model } from './model.ts';

/** Constants fitted to bench/results/quick-busy.json by `npm run bench:fit`; not edited by hand. */
export const BUILT_IN: Model = {
  format: 'subrosa-model/1',
  date: '2026-11-22T04:58:51.302Z',
  machine: { cpu: 'AMD EPYC', node: '20.20.2' },
  noisy: 0.3023,
  rounds: {
    plain: {
      bytesUp: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: { 'the round itself': 0.008492, packing: 5.099e-8 },
        heldOut: { cells: 7, medianError: 0.2594, worstError: 0.6882 },
      },
      serverMs: {
        constants: {
          'the round itself': 0.1139,
          'frames of n clients': 0,
          'adding vectors': 0.000001945,
          'decoding the sum': 0,
        },
        heldOut: { cells: 7, medianError: 0.3133, worstError: 0.6403 },
      },
      memory: {
        constants: { 'code and garbage': 26470000, 'vectors of all parties': 3.109 },
        heldOut: { cells: 7, medianError: 0.06672, worstError: 0.2914 },
      },
    },
    pairwise: {
      bytesUp: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      bytesDown: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: {
          'the round itself': 2.171,
          'keys and boxes of k neighbours': 0,
          'sharing two secrets, k x t': 0.006384,
          'masks over the vector': 0,
          'encoding and packing': 0.00002257,
        },
        heldOut: { cells: 7, medianError: 0.1194, worstError: 0.4178 },
      },
      serverMs: {
        constants: {
          'the round itself': 1.152,
          'shares passed on': 0.01662,
          'shares put together': 0.002648,
          'unpacking and adding vectors': 0,
          'masks of survivors and dropped edges': 0.000005204,
        },
        heldOut: { cells: 7, medianError: 0.3312, worstError: 1.373 },
      },
      memory: {
        constants: { 'code and garbage': 30360000, 'vectors of all parties': 2.405 },
        heldOut: { cells: 7, medianError: 0.07254, worstError: 0.2538 },
      },
    },
    shares: {
      bytesUp: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      helperBytes: { constants: {}, heldOut: { cells: 7, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: { 'the round itself': 0.1187, 'seeds and masks': 0.00000514 },
        heldOut: { cells: 7, medianError: 0.23, worstError: 0.7429 },
      },
      serverMs: {
        constants: { 'the round itself': 0.2317, 'frames of n clients': 0, 'adding partial sums': 0.00001012 },
        heldOut: { cells: 7, medianError: 0.04872, worstError: 0.2153 },
      },
      helperMs: {
        constants: { 'the round itself': 0.736, 'frames of n clients': 0, 'adding shares': 0.000006336 },
        heldOut: { cells: 7, medianError: 0.2659, worstError: 0.8955 },
      },
      memory: {
        constants: { 'code and garbage': 28390000, 'vectors of all parties': 3.686 },
        heldOut: { cells: 7, medianError: 0.07318, worstError: 0.2583 },
      },
    },
    ckks: {
      bytesUp: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      bytesDown: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      helperBytes: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: { 'the round itself': 5.775, encryption: 3.547 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      serverMs: {
        constants: {
          'the round itself': 3.755,
          'frames of n clients': 0,
          'adding ciphertexts': 0.4779,
          'opening the sum': 0.336,
        },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      helperMs: {
        constants: { 'key generation': 46.19, 'checking and adding uploads': 0.01254, 'partial decryption': 6.586 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      memory: {
        constants: { 'code and garbage': 91610000, 'vectors of all parties': 1.726 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
    },
    bfv: {
      bytesUp: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      bytesDown: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      serverBytes: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      helperBytes: { constants: {}, heldOut: { cells: 3, medianError: 0, worstError: 0 } },
      clientMs: {
        constants: { 'the round itself': 0.5567, encryption: 5.645 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      serverMs: {
        constants: {
          'the round itself': 1.566,
          'frames of n clients': 0,
          'adding ciphertexts': 0,
          'opening the sum': 3.077,
        },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      helperMs: {
        constants: { 'key generation': 23.08, 'checking and adding uploads': 0.123, 'partial decryption': 9.481 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      memory: {
        constants: { 'code and garbage': 97540000, 'vectors of all parties': 0 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
    },
  },
  psi: {
    ristretto255: {
      leftBytes: { constants: {}, heldOut: { cells: 9, medianError: 0, worstError: 0 } },
      rightBytes: { constants: {}, heldOut: { cells: 9, medianError: 0, worstError: 0 } },
      wallMs: {
        constants: { 'the run itself': 0, 'group arithmetic on both sets': 0.05717, 'encrypted values': 0.03468 },
        heldOut: { cells: 9, medianError: 0.1347, worstError: 0.4565 },
      },
      leftMs: {
        constants: {
          'the run itself': 0,
          'blinding its own': 0.02753,
          "multiplying the other's": 0.02546,
          'adding encrypted values': 0.004781,
        },
        heldOut: { cells: 9, medianError: 0.07218, worstError: 0.4376 },
      },
      rightMs: {
        constants: {
          'the run itself': 0,
          'blinding its own': 0.02597,
          "multiplying the other's": 0.02616,
          'encrypting values': 0.02412,
        },
        heldOut: { cells: 9, medianError: 0.07274, worstError: 0.4877 },
      },
    },
  },
};
