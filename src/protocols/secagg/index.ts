export {
  ADVERSARIES,
  type Adversary,
  type ChosenParameters,
  chooseParameters,
  findParameters,
  type ParameterQuery,
  type Why,
} from './parameters.ts';
