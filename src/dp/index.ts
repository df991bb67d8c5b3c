export { bernoulliExp, discreteGaussian, discreteLaplace, type Rational } from './discrete.ts';
export { checkNoise, drawNoise, type Noise, noiseBound } from './noise.ts';
