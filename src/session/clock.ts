/** Where deadlines come from; the simulator has one of its own. */
export interface Clock {
  /**
   * Calls `fire` once, `ms` milliseconds from now.
   * @returns cancels it; harmless afterwards
   */
  after(ms: number, fire: () => void): () => void;
}

/** What setTimeout can hold: 2^31 - 1 ms, about 25 days. */
const LONGEST = 2 ** 31 - 1;

/** `setTimeout`, up to 2^31 - 1 ms. @throws {RangeError} for a longer time, or a negative one */
export const systemClock: Clock = {
  after(ms, fire) {
    if (!(ms >= 0 && ms <= LONGEST)) throw new RangeError(`a deadline of ${ms} ms, expected 0 .. ${LONGEST}`);
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};
