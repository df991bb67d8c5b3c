/** A run that takes this many milliseconds is repeated once after the one to warm up, not three times: it tells its median by itself. */
const LONG = 20_000;

/** Median and median absolute deviation, in milliseconds, of several runs after one to warm up. @param run may be async */
export async function timed(run, quick) {
  const cold = performance.now();
  await run();
  const least = performance.now() - cold > LONG ? 1 : 3;
  const runs = [];
  const began = performance.now();
  while (
    runs.length < least ||
    (runs.length < (quick ? 5 : 15) && performance.now() - began < (quick ? 1000 : 10_000))
  ) {
    const start = performance.now();
    await run();
    runs.push(performance.now() - start);
  }
  const centre = median(runs);
  return { ms: centre, mad: median(runs.map((ms) => Math.abs(ms - centre))), runs: runs.length };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
