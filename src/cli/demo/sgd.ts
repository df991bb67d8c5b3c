import { type Rng, shuffle } from '../../random/index.ts';
import type { Examples } from './digits.ts';
import { addExampleGradient, type Mlp } from './mlp.ts';

export interface SgdOptions {
  /** Passes over the examples. */
  readonly epochs: number;
  /** Examples in a step; the last of an epoch may be smaller. */
  readonly batch: number;
  readonly rate: number;
}

/**
 * Plain stochastic gradient descent: shuffled batches, the mean gradient, one step each.
 * @returns the trained parameters; `start` is not changed
 */
export function train(
  model: Mlp,
  start: Float64Array,
  examples: Examples,
  options: SgdOptions,
  rng: Rng,
): Float64Array {
  const parameters = start.slice();
  const gradient = new Float64Array(model.size);
  const order = Array.from({ length: examples.count }, (_, i) => i);
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    shuffle(order, rng);
    for (let from = 0; from < order.length; from += options.batch) {
      const batch = order.slice(from, from + options.batch);
      gradient.fill(0);
      for (const index of batch) addExampleGradient(model, parameters, examples, index, gradient);
      const step = options.rate / batch.length;
      for (let i = 0; i < gradient.length; i++) parameters[i]! -= step * gradient[i]!;
    }
  }
  return parameters;
}
