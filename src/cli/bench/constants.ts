import type { Model } from './model.ts';

/** Constants fitted to bench/results/quick-busy.json by `npm run bench:fit`; not edited by hand. */
export const BUILT_IN: Model = {
  format: 'subrosa-model/1',
  date: '2026-11-22T02:40:37.853Z',
  machine: { cpu: 'AMD EPYC', node: '20.20.2' },
  noisy: 0.675,
  rounds: {
    plain: {
      clientMs: {
        constants: { 'the round itself': 0.009232, packing: 3.357e-9 },
        heldOut: { cells: 2, medianError: 0.274, worstError: 0.4474 },
      },
      serverMs: {
        constants: { 'the round itself': 0.1417, 'frames of n clients': 0, 'adding vectors': 0.000002149 },
        heldOut: { cells: 2, medianError: 0.2378, worstError: 0.3099 },
      },
      bytesUp: {
        constants: { 'headers and keys': 41, 'the vector': 1 },
        heldOut: { cells: 2, medianError: 5.997e-12, worstError: 6.086e-12 },
      },
      serverBytes: {
        constants: {
          'headers and keys': 36.76,
          'shares passed on': 0,
          'vectors of the clients': 0.9999,
          sums: 0.001103,
        },
        heldOut: { cells: 2, medianError: 0.000281, worstError: 0.0005607 },
      },
      memory: {
        constants: { 'code and garbage': 20550000, 'vectors of all parties': 4.673 },
        heldOut: { cells: 2, medianError: 0.01743, worstError: 0.02688 },
      },
    },
    pairwise: {
      clientMs: {
        constants: {
          'the round itself': 2.947,
          'keys and shares of k neighbours': 0,
          'masks over the vector': 0.000003865,
        },
        heldOut: { cells: 2, medianError: 0.5674, worstError: 0.8281 },
      },
      serverMs: {
        constants: {
          'the round itself': 1.047,
          'frames of n clients': 0.2434,
          'shares passed on, reconstruction': 0.023,
          'masks of dropped edges and survivors': 0.000001319,
        },
        heldOut: { cells: 2, medianError: 0.4886, worstError: 0.725 },
      },
      bytesUp: {
        constants: { 'headers and keys': 251.2, 'shares for neighbours': 144.2, 'the vector': 1 },
        heldOut: { cells: 2, medianError: 0.0000171, worstError: 0.0000342 },
      },
      bytesDown: {
        constants: { headers: 178.6, 'keys and shares of neighbours': 176.6, 'who is in the cohort': 0 },
        heldOut: { cells: 2, medianError: 0.0004248, worstError: 0.0008496 },
      },
      serverBytes: {
        constants: { 'headers and keys': 441.3, 'shares passed on': 314.9, 'vectors of the clients': 1.001, sums: 0 },
        heldOut: { cells: 2, medianError: 0.002364, worstError: 0.004353 },
      },
      memory: {
        constants: { 'code and garbage': 30370000, 'vectors of all parties': 2.782 },
        heldOut: { cells: 2, medianError: 0.08329, worstError: 0.1383 },
      },
    },
    shares: {
      clientMs: {
        constants: { 'the round itself': 0.09384, 'seeds and masks': 0.000009081 },
        heldOut: { cells: 2, medianError: 0.2491, worstError: 0.2582 },
      },
      serverMs: {
        constants: { 'the round itself': 0.2769, 'frames of n clients': 0, 'adding partial sums': 0.000005769 },
        heldOut: { cells: 2, medianError: 0.134, worstError: 0.247 },
      },
      helperMs: {
        constants: { 'the round itself': 0.4503, 'frames of n clients': 0.02639, 'adding shares': 0.000006541 },
        heldOut: { cells: 2, medianError: 0.1519, worstError: 0.2993 },
      },
      bytesUp: {
        constants: { 'headers and keys': 232, 'the vector': 1 },
        heldOut: { cells: 2, medianError: 6.238e-12, worstError: 6.343e-12 },
      },
      serverBytes: {
        constants: { 'headers and keys': 88.85, 'shares passed on': 0, 'vectors of the clients': 0, sums: 3.003 },
        heldOut: { cells: 2, medianError: 0.004436, worstError: 0.006615 },
      },
      memory: {
        constants: { 'code and garbage': 28940000, 'vectors of all parties': 3.435 },
        heldOut: { cells: 2, medianError: 0.05296, worstError: 0.05984 },
      },
    },
    ckks: {
      clientMs: {
        constants: { 'the round itself': 4.615, encryption: 0.001098 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      serverMs: {
        constants: {
          'the round itself': 6.845,
          'frames of n clients': 3.295e-17,
          'adding ciphertexts': 0.0002437,
          'opening the sum': 0,
        },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      helperMs: {
        constants: {
          'the round itself': 38.25,
          'checking uploads': 0.0007486,
          'partial decryption': 1.744e-19,
          'frames of n clients': 0,
        },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      bytesUp: {
        constants: { 'headers and keys': 39860, ciphertexts: 31.86 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      bytesDown: { constants: { 'the public key': 54350 }, heldOut: { cells: 0, medianError: -1, worstError: -1 } },
      serverBytes: {
        constants: {
          'headers and keys': 326400,
          'shares passed on': 0,
          'vectors of the clients': 52.39,
          sums: 2.608e-14,
        },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      memory: {
        constants: { 'code and garbage': 97380000, 'vectors of all parties': 2.962 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
    },
    bfv: {
      clientMs: {
        constants: { 'the round itself': 6.718, encryption: 0.0006725 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      serverMs: {
        constants: {
          'the round itself': 6.507,
          'frames of n clients': 0,
          'adding ciphertexts': 0.0002006,
          'opening the sum': 5.164e-19,
        },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      helperMs: {
        constants: {
          'the round itself': 48.84,
          'checking uploads': 0.0007591,
          'partial decryption': 2.539e-18,
          'frames of n clients': 0,
        },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      bytesUp: {
        constants: { 'headers and keys': 55790, ciphertexts: 15.93 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      bytesDown: { constants: { 'the public key': 54350 }, heldOut: { cells: 0, medianError: -1, worstError: -1 } },
      serverBytes: {
        constants: {
          'headers and keys': 385400,
          'shares passed on': 0,
          'vectors of the clients': 26.19,
          sums: 9.582e-14,
        },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
      memory: {
        constants: { 'code and garbage': 88410000, 'vectors of all parties': 4.547 },
        heldOut: { cells: 0, medianError: -1, worstError: -1 },
      },
    },
  },
  psi: {
    ristretto255: {
      wallMs: {
        constants: { 'the run itself': 9.689, 'group arithmetic on both sets': 0.0718, 'encrypted values': 0.03637 },
        heldOut: { cells: 2, medianError: 0.05542, worstError: 0.09068 },
      },
      leftBytes: {
        constants: { headers: 233.6, 'blinded elements': 32.11 },
        heldOut: { cells: 2, medianError: 0.001992, worstError: 0.003169 },
      },
      rightBytes: {
        constants: { headers: 301.3, tokens: 1, elements: 31.99, 'encrypted values': 64.09 },
        heldOut: { cells: 2, medianError: 0.0002176, worstError: 0.0002745 },
      },
    },
  },
};
