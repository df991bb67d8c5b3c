// Five hospitals train a digit classifier together; the aggregator sees sums only.
//
//   node examples/five-hospitals/main.js
//
// How a federated-learning framework embeds subrosa: every hospital has an aggregator object and a transport of its own (here all in one
// process, over a network in memory), and calls `contribute` once a round; the server calls `collect`. In round 3 one hospital stays away.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createAggregator, fixedPoint, memoryNetwork, pairwiseMasks } from 'subrosa';

const HOSPITALS = ['north', 'east', 'south', 'west', 'harbour'];
const ROUNDS = 10;
const PIXELS = 64;
const DIGITS = 10;
const DIMENSION = DIGITS * (PIXELS + 1); // softmax regression: 64 weights and a bias for each digit

// --- What everybody agrees on beforehand ----------------------------------------------------------------------------------

const agreed = () => ({
  scheme: pairwiseMasks({ dropout: 0.4, corrupt: 0.2, adversary: 'honest-but-curious' }),
  encoding: fixedPoint({ clip: { l2: 8 }, bits: 20, weights: { max: 1024 } }),
  deadlines: { server: 2000 }, // milliseconds a phase may last before whoever is missing has dropped out
});

const round = (number, model) => ({
  task: 'digits/softmax',
  number,
  model, // who has another model is in another session: a server cannot show different models to different hospitals
  dimension: DIMENSION,
  server: 'aggregator',
  clients: HOSPITALS,
});

// --- The data: hospital i has mostly the digits 2i and 2i + 1 ---------------------------------------------------------------

const file = new URL('../data/digits.csv.gz', import.meta.url);
const rows = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
const examples = rows.map((row) => {
  const values = row.split(',').map(Number);
  return { label: values[PIXELS], pixels: values.slice(0, PIXELS).map((ink) => ink / 16) };
});
const heldOut = examples.filter((_, i) => i % 5 === 0);
const training = examples.filter((_, i) => i % 5 !== 0);
const owner = ({ label }, i) => (i % 3 === 0 ? i : label >> 1) % HOSPITALS.length;
const records = new Map(HOSPITALS.map((id, h) => [id, training.filter((example, i) => owner(example, i) === h)]));

// --- The hospital's own training: plain gradient descent ---------------------------------------------------------------------

function probabilities(model, pixels) {
  const scores = Array.from({ length: DIGITS }, (_, digit) => {
    const at = digit * (PIXELS + 1);
    return pixels.reduce((sum, ink, p) => sum + ink * model[at + p], model[at + PIXELS]);
  });
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** The change that one hospital's data asks of the model. */
function localUpdate(model, examples) {
  const local = model.slice();
  for (const { label, pixels } of [...examples, ...examples]) {
    probabilities(local, pixels).forEach((probability, digit) => {
      const step = 0.05 * ((digit === label ? 1 : 0) - probability);
      const at = digit * (PIXELS + 1);
      for (let p = 0; p < PIXELS; p++) local[at + p] += step * pixels[p];
      local[at + PIXELS] += step;
    });
  }
  return local.map((value, i) => value - model[i]);
}

function accuracy(model) {
  const right = heldOut.filter(({ label, pixels }) => {
    const guess = probabilities(model, pixels);
    return guess.indexOf(Math.max(...guess)) === label;
  });
  return right.length / heldOut.length;
}

// --- The rounds -------------------------------------------------------------------------------------------------------------

const network = memoryNetwork(); // or your own: a transport is `send`, `frames` and `close`
const server = await createAggregator(agreed());
const hospitals = new Map();
for (const id of HOSPITALS) hospitals.set(id, await createAggregator(agreed()));

const model = new Float64Array(DIMENSION);
for (let number = 1; number <= ROUNDS; number++) {
  const collected = server.collect(round(number, model), network.transport('aggregator'));
  const contributions = HOSPITALS.filter((id) => !(number === 3 && id === 'west')).map((id) => {
    const mine = records.get(id);
    const update = localUpdate(model, mine);
    return hospitals.get(id).contribute(round(number, model), update, network.transport(id), { weight: mine.length });
  });
  const [{ mean, weight, survivors, dropped }] = await Promise.all([collected, ...contributions]);
  mean.forEach((value, i) => {
    model[i] += value;
  });
  const missing =
    dropped.length > 0 ? `   missing: ${dropped.map(({ id, phase }) => `${id} (${phase})`).join(', ')}` : '';
  console.log(
    `round ${String(number).padStart(2)}   ${survivors.length} hospitals, ${weight} records   accuracy ${accuracy(model).toFixed(3)}${missing}`,
  );
}

for (const aggregator of [server, ...hospitals.values()]) await aggregator[Symbol.asyncDispose]();
await network.close();
