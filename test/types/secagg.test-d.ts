import type { RingVector } from '../../src/math/index.ts';
import type { Identity } from '../../src/protocols/index.ts';
import {
  type AwaitingNonces,
  AwaitingRoster,
  type AwaitingShares,
  type AwaitingSignatures,
  type AwaitingSurvivors,
  join,
} from '../../src/protocols/secagg/client-states.ts';
import type {
  EncryptedShares,
  Nonces,
  Roster,
  ShareKeys,
  SignedSurvivors,
  Survivors,
} from '../../src/protocols/secagg/messages.ts';
import type { Round } from '../../src/protocols/secagg/round.ts';

/** A wrong order does not compile: each state has one method, for the one message it awaits. Checked by `npm run types`, never run. */
declare const round: Round;
declare const me: Identity;
declare const roster: Roster;
declare const nonces: Nonces;
declare const inbox: EncryptedShares;
declare const input: RingVector;
declare const survivors: Survivors;
declare const signed: SignedSurvivors;

export function rightOrder(): void {
  const [awaitingRoster] = join(round, me);
  const [second, message] = awaitingRoster.receive(roster);
  const shared: ShareKeys | { readonly nonce: Uint8Array } = message;
  void shared;
  const awaitingShares: AwaitingShares = 'degree' in second ? second : second.receive(nonces)[0];
  const [awaitingSurvivors] = awaitingShares.receive(inbox, input);
  const [last] = awaitingSurvivors.receive(survivors);
  if (last !== 'done') last.receive(signed);
}

export function wrongOrder(
  first: AwaitingRoster,
  second: AwaitingNonces,
  third: AwaitingShares,
  fourth: AwaitingSurvivors,
  fifth: AwaitingSignatures,
): void {
  // @ts-expect-error shares come after the roster
  first.receive(inbox, input);
  // @ts-expect-error survivors come after the masked input
  first.receive(survivors);
  // @ts-expect-error a roster is not nonces
  second.receive(roster);
  // @ts-expect-error nonces come before the shares
  third.receive(nonces);
  // @ts-expect-error the input goes with the shares
  third.receive(inbox);
  // @ts-expect-error shares come before the survivors
  fourth.receive(inbox, input);
  // @ts-expect-error signatures are of neighbours: a bare set is not enough to reveal anything
  fifth.receive(survivors);
  // @ts-expect-error nothing is revealed before the keys are shared
  first.reveal();
  // @ts-expect-error the state does not give its secrets away
  fourth.shares;
  // @ts-expect-error nor can it be made from another
  const forged: AwaitingSignatures = fourth;
  void forged;
}

export function noStateOutOfNothing(): void {
  // @ts-expect-error a state needs the secrets of the one before
  new AwaitingRoster();
}
