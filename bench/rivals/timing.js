/** Median and median absolute deviation, in milliseconds, of several runs after one to warm up. @param run may be async */
export async function timed(run, quick) {
  await run();
  const runs = [];
  const began = performance.now();
  while (runs.length < 3 || (runs.length < (quick ? 5 : 15) && performance.now() - began < (quick ? 1000 : 10_000))) {
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
