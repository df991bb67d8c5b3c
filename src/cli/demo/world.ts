import { type Examples, holdOut, loadDigits, splitUnevenly } from './digits.ts';
import { generator } from './draw.ts';
import { accuracy, initialise, mlp } from './mlp.ts';
import { demonstration, type Messages, randomly, type Schedule } from './schedule.ts';
import { train } from './sgd.ts';

/** What is being demonstrated, whatever the scheme. */
export interface WorldOptions {
  readonly rounds: number;
  readonly hospitals: number;
  /** Share of the hospitals that leaves in each round; `undefined`: the demonstration's own schedule. */
  readonly dropout?: number;
  /** Of the data split, the model's start, the shuffling and the schedule. Never of keys and masks. */
  readonly seed: number;
}

const HELD_OUT = 0.2;
const HIDDEN = 48;
const EPOCHS = 3;
const BATCH = 8;
const RATE = 0.3;

/** The hospitals, their data, and who leaves when. */
export class World {
  readonly ids: readonly string[];
  readonly data: readonly Examples[];
  readonly heldOut: Examples;
  readonly schedule: Schedule;
  /** The model before the first round. */
  readonly start: Float64Array;
  readonly #model = mlp(HIDDEN);
  readonly #rounds: number;
  readonly #seed: number;

  constructor({ rounds, hospitals, dropout, seed }: WorldOptions, messages: Messages) {
    const width = String(hospitals).length;
    this.ids = Array.from({ length: hospitals }, (_, i) => `h${String(i + 1).padStart(width, '0')}`);
    const { training, heldOut } = holdOut(loadDigits(), HELD_OUT, generator(seed, 'held out'));
    this.data = splitUnevenly(training, hospitals, generator(seed, 'split'));
    this.heldOut = heldOut;
    this.schedule =
      dropout === undefined
        ? demonstration(hospitals, rounds, messages)
        : randomly(hospitals, rounds, messages, dropout, generator(seed, 'leaving'));
    this.start = initialise(this.#model, generator(seed, 'model'));
    this.#rounds = rounds;
    this.#seed = seed;
  }

  /**
   * A hospital trains on its own examples, in the same order from whatever model it starts. The learning rate falls to a quarter over the
   * rounds, so that the last rounds settle.
   */
  train(start: Float64Array, hospital: number, round: number): Float64Array {
    const rate = RATE * (1 - (0.75 * round) / this.#rounds);
    const order = generator(this.#seed, `train ${round} ${hospital}`);
    return train(this.#model, start, this.data[hospital]!, { epochs: EPOCHS, batch: BATCH, rate }, order);
  }

  /** On the held-out set, 0 .. 1. */
  accuracy(parameters: Float64Array): number {
    return accuracy(this.#model, parameters, this.heldOut);
  }

  /** Federated averaging in the open (McMahan et al. 2017): the mean weighted by example counts, no clipping, no rounding. */
  average(updates: readonly Float64Array[], survivors: readonly string[]): Float64Array {
    const members = this.ids.flatMap((id, i) => (survivors.includes(id) ? [i] : []));
    const total = members.reduce((sum, i) => sum + this.data[i]!.count, 0);
    const mean = new Float64Array(this.start.length);
    for (const i of members) {
      const share = this.data[i]!.count / total;
      updates[i]!.forEach((value, k) => {
        mean[k]! += share * value;
      });
    }
    return mean;
  }
}
