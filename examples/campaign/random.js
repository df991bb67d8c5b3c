// Pseudo-random numbers for made-up data: the same seed gives the same numbers on every machine. Not for secrets.

/**
 * sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, a period of 2^32 at least.
 * @param {number} seed integer, 0 .. 2^32 - 1
 */
export function random(seed) {
  let [a, b, c, counter] = [0, seed, 0, 1];
  const next = () => {
    const result = (a + b + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + result) >>> 0;
    return result;
  };
  for (let i = 0; i < 12; i++) next(); // until the seed has reached every word

  /** An integer in 0 .. n - 1, every one as likely: what would make the first ones likelier is drawn again. */
  const below = (n) => {
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const word = next();
      if (word < limit) return word % n;
    }
  };
  return {
    below,
    chance: (percent) => below(100) < percent,
    pick: (list) => list[below(list.length)],
    /**
     * An integer >= 0 with a heavy tail: P(at least k) = (scale / (scale + k))^2 (Lomax, alpha 2; the mean is about `scale`, the variance
     * grows without end). Only divisions and a square root, which IEEE 754 rounds the same way everywhere.
     */
    tail: (scale) => Math.floor(scale * (1 / Math.sqrt((next() + 1) / 2 ** 32) - 1)),
    shuffle(list) {
      for (let i = list.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [list[i], list[j]] = [list[j], list[i]];
      }
      return list;
    },
    /** A function that draws items, each as often as its weight, an integer, says. */
    weighted(items, weightOf) {
      const ends = [];
      let total = 0;
      for (const [rank, item] of items.entries()) {
        total += weightOf(item, rank);
        ends.push(total);
      }
      return () => {
        const point = below(total);
        return items[ends.findIndex((end) => point < end)];
      };
    },
  };
}
