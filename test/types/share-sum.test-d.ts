/** Checked by the compiler alone: a wrong order of share-sum's steps is a type error. */
import type { Executor } from '../../src/kernels/index.ts';
import type { RingVector } from '../../src/math/index.ts';
import type {
  AwaitingHoldings,
  AwaitingShares,
  Contributors,
  Exclusion,
  Holdings,
  PartialSum,
  ReadyToShare,
  Share,
} from '../../src/protocols/share-sum/index.ts';

declare const ready: ReadyToShare;
declare const input: RingVector;
declare const executor: Executor;
declare const server: AwaitingShares;
declare const collector: AwaitingHoldings;
declare const shares: ReadonlyMap<number, Share>;
declare const excluded: ReadonlyMap<number, Exclusion>;
declare const holdings: ReadonlyMap<number, Holdings>;
declare const sums: ReadonlyMap<number, PartialSum>;
declare const contributors: Contributors;

// The right order compiles.
const [answering] = server.receive(shares, excluded);
answering.receive(contributors);
const [summing] = collector.receive(holdings);
const total: RingVector = summing.receive(sums);
void ready.receive(input, executor).then((sent: Share[]) => sent);
void total;

// @ts-expect-error a server that has not reported its holdings cannot be asked for a sum
server.receive(contributors);
// @ts-expect-error a server that has reported takes no more shares
answering.receive(shares, excluded);
// @ts-expect-error a collector that has not chosen contributors takes no sums
collector.receive(sums);
// @ts-expect-error a collector that has chosen takes no holdings
summing.receive(holdings);
// @ts-expect-error a client shares its input, not a share
void ready.receive({ tag: new Uint8Array(16), kind: 'seed', seed: new Uint8Array(32) }, executor);
