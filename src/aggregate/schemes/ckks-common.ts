import type { Executor } from '../../kernels/index.ts';
import {
  type CkksSumParameters,
  ckksSumClient,
  ckksSumDecryptor,
  ckksSumRound,
  ckksSumServer,
  type JointKey,
  type KeyShare,
  SharedKey,
} from '../../protocols/ckks-sum/index.ts';
import type { RoundSpec } from '../../protocols/index.ts';
import {
  type Arithmetic,
  hasSeal,
  InlineSealEngine,
  type SealEngine,
  type SetName,
  thresholdSet,
} from '../../seal/index.ts';
import type { Scheme } from '../scheme.ts';

/** Options of {@link ckksSum} and {@link bfvSum}. */
export interface HomomorphicOptions {
  /**
   * How many of the round's helpers must decrypt together: fewer learn nothing, so many may collude less one. 2 .. their number. Default: a
   * majority.
   */
  readonly threshold?: number;
  /** Keys made before, in a key generation of their own. Default: every round makes its own, and forgets it. */
  readonly key?: { readonly joint: JointKey; readonly share?: KeyShare };
  /** Rounds that one key serves, at most; more need more noise. At least what a given key was made for. Default 1. */
  readonly rounds?: number;
  /**
   * Bits of statistical security against what all decryptions under one key reveal besides the sums: distinguishing advantage at most
   * 2^(-bits/2). 20 .. 80, default 40.
   */
  readonly statisticalSecurity?: number;
  /**
   * What decryptors check. `uploads` (the default): every signed upload, which the server relays to them; `sum`: the server's sum and the signed
   * digests of the uploads, n times less traffic, but a server that lies about the sum is only found out afterwards.
   */
  readonly check?: 'uploads' | 'sum';
  /**
   * Where SEAL runs. Default: on the workers of the aggregator's pool, one instance each; without a pool one instance on the calling thread,
   * for all schemes of the process.
   */
  readonly engine?: SealEngine;
}

/** One secret key for all clients; see {@link ckksSum}. */
export interface SharedKeyOptions {
  /** The key itself at a client; its set and id at the server, which must not have it. */
  readonly sharedKey: SharedKey | { readonly set: SetName; readonly id: Uint8Array };
  readonly engine?: SealEngine;
}

let ownEngine: InlineSealEngine | undefined;

function inline(): InlineSealEngine {
  ownEngine ??= new InlineSealEngine();
  return ownEngine;
}

/** The scheme for either arithmetic. */
export function homomorphicSum(
  name: string,
  arithmetic: Arithmetic,
  options: HomomorphicOptions | SharedKeyOptions,
): Scheme {
  const engineOf = (executor: Executor): SealEngine => options.engine ?? (hasSeal(executor) ? executor.seal : inline());
  const shared = 'sharedKey' in options ? options.sharedKey : undefined;
  const parametersOf = (spec: RoundSpec) => protocolParameters(arithmetic, options, spec);
  const round = (spec: RoundSpec) => ckksSumRound(spec, parametersOf(spec));
  const key = 'sharedKey' in options ? undefined : options.key;
  return {
    name,
    learns: shared === undefined ? THRESHOLD_LEARNS : SHARED_LEARNS,
    check: (spec) => void round(spec),
    session: (spec) => round(spec).session,
    parameters(spec) {
      const { plan, parameters, signed } = round(spec);
      return {
        set: plan.set.name,
        keys: plan.set.keys,
        decryptors: shared === undefined ? spec.helpers.length : spec.clients.length,
        threshold: plan.threshold,
        check: shared === undefined ? parameters.check : 'none',
        signed,
        exact: plan.errorBound === 0,
        errorBound: plan.errorBound,
        bytesPerParameter: Math.round(100 * plan.bytesPerParameter) / 100,
        ciphertexts: plan.chunks,
        rounds: plan.rounds,
        log2Flooding: plan.log2Flooding,
        statisticalSecurity: Math.min(1000, Math.floor(plan.securityReached)),
      };
    },
    errorBound: (spec) => round(spec).plan.errorBound,
    server(spec, executor) {
      const engine = engineOf(executor);
      return ckksSumServer(spec, parametersOf(spec), { engine, ...(key === undefined ? {} : { key: key.joint }) });
    },
    client(spec, me, input, executor, rng) {
      if (shared !== undefined && !(shared instanceof SharedKey))
        throw new TypeError('a client needs the shared key itself');
      const own = shared ?? key?.joint;
      return ckksSumClient(spec, parametersOf(spec), me, input, {
        engine: engineOf(executor),
        ...(own === undefined ? {} : { key: own }),
        ...(rng === undefined ? {} : { rng }),
      });
    },
    ...(shared !== undefined
      ? {}
      : {
          helper(spec, me, executor, rng) {
            if (key !== undefined && key.share === undefined) throw new TypeError('a decryptor needs its key share');
            return ckksSumDecryptor(spec, parametersOf(spec), me, {
              engine: engineOf(executor),
              ...(key?.share === undefined ? {} : { key: key.share }),
              ...(rng === undefined ? {} : { rng }),
            });
          },
        }),
  };
}

function protocolParameters(
  arithmetic: Arithmetic,
  options: HomomorphicOptions | SharedKeyOptions,
  spec: RoundSpec,
): CkksSumParameters {
  if ('sharedKey' in options) {
    const { sharedKey } = options;
    const set = sharedKey instanceof SharedKey ? sharedKey.set.name : sharedKey.set;
    // The noise of an opened sum does not depend on the number of rounds; see docs/spec/ckks-sum.md.
    return { arithmetic, set, threshold: 1, rounds: 1, statisticalSecurity: 40, check: 'sum', keyId: sharedKey.id };
  }
  const threshold = options.threshold ?? Math.floor(spec.helpers.length / 2) + 1;
  const rounds = options.rounds ?? 1;
  const statisticalSecurity = options.statisticalSecurity ?? 40;
  // The same for every party: it follows from what they all know.
  const { set } = options.key?.joint.parts ?? {
    set: thresholdSet({
      ...{ arithmetic, threshold, rounds, statisticalSecurity },
      ...{ clients: spec.clients.length, length: spec.length, bits: spec.bits, decryptors: spec.helpers.length },
    }),
  };
  return {
    ...{ arithmetic, set: set.name, threshold, rounds, statisticalSecurity },
    check: options.check ?? 'uploads',
    ...(options.key === undefined ? {} : { keyId: options.key.joint.id }),
  };
}

const THRESHOLD_LEARNS: Scheme['learns'] = {
  server: 'the sum, and who contributed; with `threshold` decryptors together, every contribution',
  clients: 'nothing; one that deviates and colludes with the server can find the key of the round',
  helpers: 'who contributed; fewer than `threshold` of them learn nothing else',
};

const SHARED_LEARNS: Scheme['learns'] = {
  server: 'the sum, and who contributed; together with any one client, every contribution',
  clients:
    'one of them opens and learns the sum; any of them reads every contribution whose ciphertext it gets hold of',
};
