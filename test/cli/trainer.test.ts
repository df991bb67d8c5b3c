import { describe, expect, it } from 'vitest';
import { type Examples, holdOut, loadDigits, splitUnevenly } from '../../src/cli/demo/digits.ts';
import { generator } from '../../src/cli/demo/draw.ts';
import { accuracy, addExampleGradient, exampleLoss, initialise, mlp } from '../../src/cli/demo/mlp.ts';
import { train } from '../../src/cli/demo/sgd.ts';

const digits = loadDigits();

/** The examples as sorted text, to compare multisets. */
const contents = ({ count, pixels, labels }: Examples) =>
  Array.from({ length: count }, (_, i) => `${labels[i]}:${pixels.subarray(64 * i, 64 * (i + 1)).join()}`).sort();

const perClass = ({ labels }: Examples) =>
  Array.from({ length: 10 }, (_, c) => labels.reduce((sum, label) => sum + Number(label === c), 0));

describe('digits', () => {
  it('are the 1,797 of the UCI test set', () => {
    expect(digits.count).toBe(1797);
    expect(perClass(digits)).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    expect(Math.max(...digits.pixels)).toBe(1);
    expect(Math.min(...digits.pixels)).toBe(0);
  });

  it('are held out with the same mix of classes', () => {
    const { training, heldOut } = holdOut(digits, 0.2, generator(1, 'test'));
    expect([...contents(training), ...contents(heldOut)].sort()).toEqual(contents(digits));
    expect(perClass(heldOut)).toEqual([36, 36, 35, 37, 36, 36, 36, 36, 35, 36]);
  });

  it.each([3, 5, 50])('are split unevenly over %s parts, none lost, none twice', (parts) => {
    const split = splitUnevenly(digits, parts, generator(2, 'test'));
    expect(split).toHaveLength(parts);
    expect(split.flatMap(contents).sort()).toEqual(contents(digits));
    const counts = split.map(({ count }) => count);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(4);
    expect(new Set(counts).size).toBeGreaterThan(1);
    // Not identically distributed: some part has hardly any of some digit, another many times its share.
    const shares = split.flatMap((part) => perClass(part).map((of, c) => (of / perClass(digits)[c]!) * parts));
    expect(Math.min(...shares)).toBeLessThan(0.2);
    expect(Math.max(...shares)).toBeGreaterThan(1.8);
  });

  it('are split alike from the same seed only', () => {
    const counts = (seed: number) => splitUnevenly(digits, 5, generator(seed, 'test')).map(({ count }) => count);
    expect(counts(3)).toEqual(counts(3));
    expect(counts(3)).not.toEqual(counts(4));
  });

  it('are refused when a split is impossible', () => {
    const few = { count: 10, pixels: digits.pixels.slice(0, 640), labels: digits.labels.slice(0, 10) };
    expect(() => splitUnevenly(few, 5, generator(1, 'test'))).toThrow(RangeError);
  });
});

describe('the perceptron', () => {
  const model = mlp(7);
  const parameters = initialise(model, generator(1, 'model'));

  it('has one flat parameter vector', () => {
    expect(model.size).toBe(7 * 65 + 10 * 8);
    expect(parameters).toHaveLength(model.size);
  });

  it.each([0, 1, 17])('has the gradient of example %s that finite differences say', (index) => {
    const gradient = new Float64Array(model.size);
    addExampleGradient(model, parameters, digits, index, gradient);
    const step = 1e-5;
    for (let i = 0; i < model.size; i++) {
      const moved = (by: number) =>
        exampleLoss(
          model,
          parameters.map((value, k) => value + (k === i ? by : 0)),
          digits,
          index,
        );
      expect(gradient[i]).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 5);
    }
  });

  it('adds gradients example by example', () => {
    const alone = [0, 1].map((index) => {
      const gradient = new Float64Array(model.size);
      addExampleGradient(model, parameters, digits, index, gradient);
      return gradient;
    });
    const both = new Float64Array(model.size);
    for (const index of [0, 1]) addExampleGradient(model, parameters, digits, index, both);
    both.forEach((value, i) => {
      expect(value).toBeCloseTo(alone[0]![i]! + alone[1]![i]!, 12);
    });
  });

  it('learns the digits, the same from the same seed', () => {
    const { training, heldOut } = holdOut(digits, 0.2, generator(1, 'held out'));
    const options = { epochs: 4, batch: 8, rate: 0.1 };
    const trained = train(model, parameters, training, options, generator(1, 'train'));
    expect(accuracy(model, trained, heldOut)).toBeGreaterThan(0.8);
    expect(accuracy(model, parameters, heldOut)).toBeLessThan(0.3);
    expect(train(model, parameters, training, options, generator(1, 'train'))).toEqual(trained);
  });
});
