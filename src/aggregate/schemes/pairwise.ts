import type { RoundSpec } from '../../protocols/index.ts';
import {
  chooseParameters,
  type SecaggParameters,
  secaggClient,
  secaggServer,
  secaggSession,
} from '../../protocols/secagg/index.ts';
import type { Scheme } from '../scheme.ts';

/** What the operator states; `suite` is `aes256ctr` unless given. */
export type PairwiseMasksOptions = Omit<SecaggParameters, 'suite'> & Partial<Pick<SecaggParameters, 'suite'>>;

/**
 * Secure aggregation with one server: every client masks its vector with a key agreed with each neighbour, so that the masks cancel in the sum, and the
 * neighbours hold shares that let the server take out the masks of those who drop out (Bonawitz et al., CCS 2017; Bell et al., CCS 2020).
 *
 * Degree k and threshold t follow from the size of the cohort and the fractions stated. Against a `malicious-server`, clients need identity keys that the
 * roster pins.
 */
export function pairwiseMasks(options: PairwiseMasksOptions): Scheme {
  const parameters: SecaggParameters = { ...options, suite: options.suite ?? 'aes256ctr' };
  return {
    name: 'pairwise-masks',
    learns: {
      server:
        parameters.adversary === 'malicious-server'
          ? 'the sum, and who contributed, even if it lies'
          : 'the sum, and who contributed, if it follows the protocol',
      clients: 'who takes part',
    },
    check: (spec) => void secaggSession(spec, parameters),
    session: (spec) => secaggSession(spec, parameters),
    parameters: (spec) => describe(spec, parameters),
    server: (spec, executor, me) => secaggServer(spec, parameters, executor, me),
    client: (spec, me, input, executor, rng) => secaggClient(spec, parameters, me, input, executor, rng),
  };
}

function describe(spec: RoundSpec, parameters: SecaggParameters): Readonly<Record<string, string | number | boolean>> {
  const { adversary, dropout, corrupt, suite, sigma = 40, eta = 20 } = parameters;
  const n = spec.clients.length;
  const { k, t, complete } =
    parameters.k !== undefined && parameters.t !== undefined
      ? { k: parameters.k, t: parameters.t, complete: parameters.k === n - 1 }
      : chooseParameters({ clients: n, adversary, dropout, corrupt, sigma, eta });
  return { adversary, dropout, corrupt, suite, sigma, eta, k, t, complete };
}
