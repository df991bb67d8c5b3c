export { secaggClient } from './client.ts';
export {
  ADVERSARIES,
  type Adversary,
  type ChosenParameters,
  chooseParameters,
  findParameters,
  type ParameterQuery,
  type Why,
} from './parameters.ts';
export { checkParameters, type SecaggParameters } from './policy.ts';
export { secaggSession } from './round.ts';
export { secaggServer } from './server.ts';
