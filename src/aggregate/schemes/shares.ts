import {
  type ShareSumParameters,
  shareSumClient,
  shareSumCollector,
  shareSumRound,
  shareSumServer,
} from '../../protocols/share-sum/index.ts';
import type { Scheme } from '../scheme.ts';

export type AdditiveSharesOptions = ShareSumParameters;

/**
 * Secret sharing over aggregation servers that do not collude: every client splits its vector among the round's `helpers`, each adds up what it holds, and
 * the server (the collector) combines their sums.
 *
 * - `mode: 'additive'` (the default): k of k. Safe unless all helpers collude; every helper is needed.
 * - `mode: 'shamir', threshold: t`: t of k. Safe unless t helpers collude; k - t of them may crash.
 *
 * The round needs 2 .. 255 helpers. No keys, no dropout recovery: a client sends one message to each helper and is done.
 */
export function additiveShares(options: AdditiveSharesOptions = { mode: 'additive' }): Scheme {
  const parameters = { ...options };
  const shamir = parameters.mode === 'shamir';
  return {
    name: shamir ? 'shamir-shares' : 'additive-shares',
    learns: {
      server: 'the sum, and who contributed',
      clients: 'nothing',
      helpers: shamir
        ? `who contributed; fewer than ${parameters.threshold} of them together nothing else`
        : 'who contributed; unless all of them collude, nothing else',
    },
    check: (spec) => void shareSumRound(spec, parameters),
    session: (spec) => shareSumRound(spec, parameters).session,
    parameters(spec) {
      const { servers, threshold, suite } = shareSumRound(spec, parameters);
      return { mode: parameters.mode, servers: servers.length, threshold, suite };
    },
    server: (spec) => shareSumCollector(spec, parameters),
    client: (spec, me, input, executor, rng) => shareSumClient(spec, parameters, me, input, executor, rng),
    helper: (spec, me, executor) => shareSumServer(spec, parameters, me, executor),
  };
}
