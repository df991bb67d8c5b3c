export { csprng, type Rng, randomBytes, shuffle, uniformBelow, uniformBigBelow } from './csprng.ts';
export { SeededRng } from './seeded.ts';
