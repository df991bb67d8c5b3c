import type { Rng } from '../../random/index.ts';
import { CLASSES, type Examples, PIXELS } from './digits.ts';
import { normal } from './draw.ts';

/**
 * A multilayer perceptron with one hidden layer of rectified linear units and a softmax over the ten digits.
 *
 * Its parameters are one flat vector, since that is what a round of federated learning adds up:
 *
 * | part | values |
 * |---|---|
 * | hidden weights, pixel by pixel | 64 x hidden |
 * | hidden biases | hidden |
 * | output weights, digit by digit | 10 x hidden |
 * | output biases | 10 |
 */
export interface Mlp {
  readonly hidden: number;
  /** Length of the parameter vector. */
  readonly size: number;
}

export function mlp(hidden: number): Mlp {
  return { hidden, size: hidden * (PIXELS + 1) + CLASSES * (hidden + 1) };
}

/** Starting parameters: normal weights scaled for rectified linear units (He et al. 2015), biases 0. */
export function initialise(model: Mlp, rng: Rng): Float64Array {
  const { hidden, size } = model;
  const parameters = new Float64Array(size);
  for (let i = 0; i < hidden * PIXELS; i++) parameters[i] = normal(rng) * Math.sqrt(2 / PIXELS);
  const output = hidden * (PIXELS + 1);
  for (let i = 0; i < CLASSES * hidden; i++) parameters[output + i] = normal(rng) * Math.sqrt(2 / hidden);
  return parameters;
}

/** What one image makes of the layers. */
interface Activations {
  readonly hidden: Float64Array;
  /** Probabilities of the ten digits. */
  readonly output: Float64Array;
}

function forward(model: Mlp, parameters: Float64Array, examples: Examples, index: number): Activations {
  const { hidden } = model;
  const units = parameters.slice(hidden * PIXELS, hidden * (PIXELS + 1)); // the biases
  for (let p = 0; p < PIXELS; p++) {
    const ink = examples.pixels[index * PIXELS + p]!;
    if (ink === 0) continue; // half of all pixels are white
    const row = p * hidden;
    for (let h = 0; h < hidden; h++) units[h]! += parameters[row + h]! * ink;
  }
  for (let h = 0; h < hidden; h++) units[h] = Math.max(0, units[h]!);
  const output = new Float64Array(CLASSES);
  const weights = hidden * (PIXELS + 1);
  let largest = -Infinity;
  for (let c = 0; c < CLASSES; c++) {
    let sum = parameters[weights + CLASSES * hidden + c]!;
    for (let h = 0; h < hidden; h++) sum += parameters[weights + c * hidden + h]! * units[h]!;
    output[c] = sum;
    largest = Math.max(largest, sum);
  }
  let total = 0;
  for (let c = 0; c < CLASSES; c++) total += output[c] = Math.exp(output[c]! - largest);
  for (let c = 0; c < CLASSES; c++) output[c]! /= total;
  return { hidden: units, output };
}

/**
 * Adds the gradient of the cross-entropy loss of **one** example to `into`.
 *
 * A batch is a loop over this. Differential privacy clips each example's gradient by itself, which it can: hand in zeros, clip what
 * comes back, add it up.
 */
export function addExampleGradient(
  model: Mlp,
  parameters: Float64Array,
  examples: Examples,
  index: number,
  into: Float64Array,
): void {
  const { hidden } = model;
  const weights = hidden * (PIXELS + 1);
  const layers = forward(model, parameters, examples, index);
  const error = layers.output; // probabilities minus the one-hot label: the gradient at the softmax's input
  error[examples.labels[index]!]! -= 1;
  for (let c = 0; c < CLASSES; c++) {
    into[weights + CLASSES * hidden + c]! += error[c]!;
    for (let h = 0; h < hidden; h++) into[weights + c * hidden + h]! += error[c]! * layers.hidden[h]!;
  }
  const back = new Float64Array(hidden);
  for (let h = 0; h < hidden; h++) {
    if (layers.hidden[h] === 0) continue; // the unit is off: nothing flows back through it
    for (let c = 0; c < CLASSES; c++) back[h]! += error[c]! * parameters[weights + c * hidden + h]!;
    into[hidden * PIXELS + h]! += back[h]!;
  }
  for (let p = 0; p < PIXELS; p++) {
    const ink = examples.pixels[index * PIXELS + p]!;
    if (ink === 0) continue;
    const row = p * hidden;
    for (let h = 0; h < hidden; h++) into[row + h]! += back[h]! * ink;
  }
}

/** The cross-entropy loss of one example. */
export function exampleLoss(model: Mlp, parameters: Float64Array, examples: Examples, index: number): number {
  return -Math.log(forward(model, parameters, examples, index).output[examples.labels[index]!]!);
}

/** The share of examples whose likeliest digit is the right one, 0 .. 1. */
export function accuracy(model: Mlp, parameters: Float64Array, examples: Examples): number {
  let right = 0;
  for (let i = 0; i < examples.count; i++) {
    const { output } = forward(model, parameters, examples, i);
    if (output.indexOf(Math.max(...output)) === examples.labels[i]) right++;
  }
  return right / examples.count;
}
