import type { Model } from './model.ts';

/** Constants fitted to bench/results/quick-busy.json by `npm run bench:fit`; not edited by hand. */
export const BUILT_IN: Model = {
  format: 'subrosa-model/1',
  date: '2026-11-22T02:33:16.560Z',
  machine: {
    cpu: 'AMD EPYC',
    node: '20.20.2',
  },
  noisy: 0.7105,
  rounds: {
    plain: {
      clientMs: {
        constants: {
          'the round itself': 0.01162,
          packing: 7.47e-9,
        },
        heldOut: {
          cells: 2,
          medianError: 0.173,
          worstError: 0.2105,
        },
      },
      serverMs: {
        constants: {
          'the round itself': 0.208,
          'frames of n clients': 0,
          'adding vectors': 0.000002764,
        },
        heldOut: {
          cells: 2,
          medianError: 0.146,
          worstError: 0.2342,
        },
      },
      bytesUp: {
        constants: {
          'headers and keys': 41,
          'the vector': 1,
        },
        heldOut: {
          cells: 2,
          medianError: 5.997e-12,
          worstError: 6.086e-12,
        },
      },
      serverBytes: {
        constants: {
          'headers and keys': 36.76,
          'shares passed on': 0,
          'vectors of the clients': 0.9999,
          sums: 0.001103,
        },
        heldOut: {
          cells: 2,
          medianError: 0.000281,
          worstError: 0.0005607,
        },
      },
      memory: {
        constants: {
          'code and garbage': 17340000,
          'vectors of all parties': 5.302,
        },
        heldOut: {
          cells: 2,
          medianError: 0.05737,
          worstError: 0.08019,
        },
      },
    },
    pairwise: {
      clientMs: {
        constants: {
          'the round itself': 4.699,
          'keys and shares of k neighbours': 0,
          'masks over the vector': 0.000004721,
        },
        heldOut: {
          cells: 2,
          medianError: 0.3166,
          worstError: 0.6191,
        },
      },
      serverMs: {
        constants: {
          'the round itself': 3.625,
          'frames of n clients': 0,
          'adding vectors': 0,
          'shares passed on, reconstruction': 0,
          'masks of survivors and dropped edges': 0.000007471,
        },
        heldOut: {
          cells: 2,
          medianError: 0.5982,
          worstError: 0.7334,
        },
      },
      bytesUp: {
        constants: {
          'headers and keys': 251.2,
          'shares for neighbours': 144.2,
          'the vector': 1,
        },
        heldOut: {
          cells: 2,
          medianError: 0.0000171,
          worstError: 0.0000342,
        },
      },
      bytesDown: {
        constants: {
          headers: 178.6,
          'keys and shares of neighbours': 176.6,
          'who is in the cohort': 0,
        },
        heldOut: {
          cells: 2,
          medianError: 0.0004248,
          worstError: 0.0008496,
        },
      },
      serverBytes: {
        constants: {
          'headers and keys': 441.3,
          'shares passed on': 314.9,
          'vectors of the clients': 1.001,
          sums: 0,
        },
        heldOut: {
          cells: 2,
          medianError: 0.002364,
          worstError: 0.004353,
        },
      },
      memory: {
        constants: {
          'code and garbage': 29820000,
          'vectors of all parties': 2.873,
        },
        heldOut: {
          cells: 2,
          medianError: 0.02946,
          worstError: 0.05421,
        },
      },
    },
    shares: {
      clientMs: {
        constants: {
          'the round itself': 0.1172,
          'seeds and masks': 0.00001129,
        },
        heldOut: {
          cells: 2,
          medianError: 0.4603,
          worstError: 0.6754,
        },
      },
      serverMs: {
        constants: {
          'the round itself': 0.3309,
          'frames of n clients': 0,
          'adding partial sums': 0.00000659,
        },
        heldOut: {
          cells: 2,
          medianError: 0.3016,
          worstError: 0.5127,
        },
      },
      helperMs: {
        constants: {
          'the round itself': 0.4881,
          'frames of n clients': 0.06763,
          'adding shares': 0.000004939,
        },
        heldOut: {
          cells: 2,
          medianError: 0.4302,
          worstError: 0.7694,
        },
      },
      bytesUp: {
        constants: {
          'headers and keys': 232,
          'the vector': 1,
        },
        heldOut: {
          cells: 2,
          medianError: 6.238e-12,
          worstError: 6.343e-12,
        },
      },
      serverBytes: {
        constants: {
          'headers and keys': 88.85,
          'shares passed on': 0,
          'vectors of the clients': 0,
          sums: 3.003,
        },
        heldOut: {
          cells: 2,
          medianError: 0.004436,
          worstError: 0.006615,
        },
      },
      memory: {
        constants: {
          'code and garbage': 27830000,
          'vectors of all parties': 3.61,
        },
        heldOut: {
          cells: 2,
          medianError: 0.07058,
          worstError: 0.1041,
        },
      },
    },
    ckks: {
      clientMs: {
        constants: {
          'the round itself': 9.999,
          encryption: 0.002496,
        },
        heldOut: {
          cells: 0,
          medianError: -1,
          worstError: -1,
        },
      },
      serverMs: {
        constants: {
          'the round itself': 10.37,
          'frames of n clients': 9.179e-17,
          'adding ciphertexts': 0.001047,
          'opening the sum': 4.349e-18,
        },
        heldOut: {
          cells: 0,
          medianError: -1,
          worstError: -1,
        },
      },
      helperMs: {
        constants: {
          'the round itself': 58.9,
          'checking uploads': 0.003603,
          'partial decryption': 5.481e-18,
          'frames of n clients': 0,
        },
        heldOut: {
          cells: 0,
          medianError: -1,
          worstError: -1,
        },
      },
      bytesUp: {
        constants: {
          'headers and keys': 39860,
          ciphertexts: 31.86,
        },
        heldOut: {
          cells: 0,
          medianError: -1,
          worstError: -1,
        },
      },
      bytesDown: {
        constants: {
          'the public key': 54350,
        },
        heldOut: {
          cells: 0,
          medianError: -1,
          worstError: -1,
        },
      },
      serverBytes: {
        constants: {
          'headers and keys': 326400,
          'shares passed on': 0,
          'vectors of the clients': 52.39,
          sums: 2.608e-14,
        },
        heldOut: {
          cells: 0,
          medianError: -1,
          worstError: -1,
        },
      },
      memory: {
        constants: {
          'code and garbage': 104100000,
          'vectors of all parties': 0.5639,
        },
        heldOut: {
          cells: 0,
          medianError: -1,
          worstError: -1,
        },
      },
    },
    bfv: {
      clientMs: {
        constants: {
          'the round itself': 4.915,
          encryption: 0.005196,
        },
        heldOut: {
          cells: 0,
          medianError: -1,
          worstError: -1,
        },
      },
      serverMs: {
        constants: {
          'the round itself': 21.59,
          'frames of n clients': 4.826e-16,
          'adding ciphertexts': 0.0005458,
          'opening the sum': 2.32e-20,
        },
        heldOut: {
          cells: 0,
          medianError: -1,
          worstError: -1,
        },
      },
      helperMs: {
        constants: {
          'the round itself': 94.42,
          'checking uploads': 0.002718,
          'partial decryption': 3.391e-18,
          'frames of n clients': 0,
        },
        heldOut: {
          cells: 0,
          medianError: -1,
          worstError: -1,
        },
      },
      bytesUp: {
        constants: {
          'headers and keys': 55790,
          ciphertexts: 15.93,
        },
        heldOut: {
          cells: 0,
          medianError: -1,
          worstError: -1,
        },
      },
      bytesDown: {
        constants: {
          'the public key': 54350,
        },
        heldOut: {
          cells: 0,
          medianError: -1,
          worstError: -1,
        },
      },
      serverBytes: {
        constants: {
          'headers and keys': 385400,
          'shares passed on': 0,
          'vectors of the clients': 26.19,
          sums: 9.582e-14,
        },
        heldOut: {
          cells: 0,
          medianError: -1,
          worstError: -1,
        },
      },
      memory: {
        constants: {
          'code and garbage': 89700000,
          'vectors of all parties': 2.931,
        },
        heldOut: {
          cells: 0,
          medianError: -1,
          worstError: -1,
        },
      },
    },
  },
  psi: {
    ristretto255: {
      wallMs: {
        constants: {
          'the run itself': 20.69,
          'group arithmetic on both sets': 0.07467,
          'encrypted values': 0.0359,
        },
        heldOut: {
          cells: 2,
          medianError: 0.01718,
          worstError: 0.01735,
        },
      },
      leftBytes: {
        constants: {
          headers: 214.5,
          'blinded elements': 32.15,
        },
        heldOut: {
          cells: 2,
          medianError: 0.002257,
          worstError: 0.004514,
        },
      },
      rightBytes: {
        constants: {
          headers: 0,
          tokens: 40.25,
          elements: 1.712e-14,
          'encrypted values': 64.07,
        },
        heldOut: {
          cells: 2,
          medianError: 0.4636,
          worstError: 0.9228,
        },
      },
      memory: {
        constants: {
          buffers: 5576000,
          'tokens and identifiers of both sides': 8277,
        },
        heldOut: {
          cells: 2,
          medianError: 0.6869,
          worstError: 1.171,
        },
      },
    },
  },
};
