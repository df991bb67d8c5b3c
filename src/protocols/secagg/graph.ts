import { SeededRng, shuffle } from '../../random/index.ts';

/**
 * The communication graph: who shares secrets and masks with whom.
 *
 * A random k-regular graph as in Bell et al. (CCS 2020, section 3): the clients are placed on a ring in a random order, and each is the
 * neighbour of the k/2 next ones on either side (a Harary graph under a random permutation). The order is a Fisher-Yates shuffle by
 * the keystream of a public seed, so that everybody computes the same one. With k = n - 1 the graph is complete and the seed is
 * not used.
 */
export interface Graph {
  /** Nodes 0 .. n - 1. */
  readonly n: number;
  readonly k: number;
  /** The neighbours of a node, ascending. Symmetric: a is b's neighbour exactly when b is a's. */
  neighbours(node: number): Uint16Array;
}

/**
 * @param seed 32 bytes, public
 * @param n 2 .. 65,535
 * @param k even and below n, or n - 1
 * @throws {RangeError} for other n and k
 */
export function ringGraph(seed: Uint8Array, n: number, k: number): Graph {
  if (!Number.isInteger(n) || n < 2 || n > 65_535) throw new RangeError(`a graph of ${n} nodes, expected 2 .. 65,535`);
  if (!Number.isInteger(k) || k < 1 || k >= n || (k % 2 !== 0 && k !== n - 1)) {
    throw new RangeError(`degree ${k}, expected an even number below ${n}, or ${n - 1}`);
  }
  if (k === n - 1) return { n, k, neighbours: (node) => others(n, node) };
  const ring = shuffle(
    Array.from({ length: n }, (_, i) => i),
    new SeededRng(seed),
  );
  const place = new Uint16Array(n);
  ring.forEach((node, at) => {
    place[node] = at;
  });
  return {
    n,
    k,
    neighbours(node) {
      checkNode(n, node);
      const at = place[node]!;
      const out = new Uint16Array(k);
      for (let d = 1; d <= k / 2; d++) {
        out[2 * d - 2] = ring[(at + d) % n]!;
        out[2 * d - 1] = ring[(at - d + n) % n]!;
      }
      return out.sort();
    },
  };
}

/** The neighbours of one node: see {@link ringGraph}. */
export function neighbours(seed: Uint8Array, n: number, k: number, node: number): Uint16Array {
  return ringGraph(seed, n, k).neighbours(node);
}

function others(n: number, node: number): Uint16Array {
  checkNode(n, node);
  return Uint16Array.from({ length: n - 1 }, (_, i) => (i < node ? i : i + 1));
}

function checkNode(n: number, node: number): void {
  if (!Number.isInteger(node) || node < 0 || node >= n) throw new RangeError(`node ${node}, expected 0 .. ${n - 1}`);
}
