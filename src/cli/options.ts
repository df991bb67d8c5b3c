import { InvalidArgumentError } from 'commander';

/** Parsers for option values. What they throw ends the command with what was found and what was expected. */

/** A whole number in least .. most, decimal digits only (no `1e9`, no `0x10`). */
export function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d{1,15}$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`Expected a whole number in ${least} .. ${most}.`);
    return value;
  };
}

/** A number in least <= x < end. */
export function fraction(least: number, end: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^(\d+\.?\d*|\.\d+)$/.test(text) || text.length > 32 || value < least || value >= end)
      throw new InvalidArgumentError(`Expected a number from ${least} to less than ${end}, like 0.1.`);
    return value;
  };
}
