/** Checked by the compiler alone: a wrong order of the steps of a homomorphic sum is a type error. */
import type {
  AwaitingCommitments,
  AwaitingContributors,
  AwaitingJointKey,
  Commitments,
  Contributors,
  Dealings,
  Decrypt,
  JointKey,
  KeyShare,
  Open,
  Opened,
  SharedKey,
  SharedKeyHolder,
  Upload,
} from '../../src/protocols/ckks-sum/index.ts';
import type { Rng } from '../../src/random/index.ts';

declare const committed: AwaitingCommitments;
declare const summing: AwaitingContributors;
declare const client: AwaitingJointKey;
declare const holder: SharedKeyHolder;
declare const commitments: Commitments;
declare const dealings: Dealings;
declare const joint: JointKey;
declare const contributors: Contributors;
declare const decrypt: Decrypt;
declare const open: Open;
declare const key: SharedKey;
declare const rng: Rng;

// The right order compiles.
const [dealt] = committed.receive(commitments);
const [unconfirmed] = dealt.receive(dealings);
const share: KeyShare = unconfirmed.confirm(joint);
void share;
void summing.receive(contributors).then(([ready]) => ready.receive(decrypt));
void client.receive(joint).then((upload: Upload) => upload);
void holder.contribute(key, rng).then(([waiting]) => waiting.receive(open).then((opened: Opened) => opened));

// @ts-expect-error a decryptor that has not dealt takes no dealings
committed.receive(dealings);
// @ts-expect-error a decryptor that has dealt takes no commitments
dealt.receive(commitments);
// @ts-expect-error a share that nobody confirmed decrypts nothing
unconfirmed.take(new Uint8Array(32));
// @ts-expect-error a decryptor that has not said what it is ready to decrypt decrypts nothing
void summing.receive(decrypt);
// @ts-expect-error a client encrypts under the joint key, not under a shared one
void client.receive(key);
// @ts-expect-error a client that has not contributed opens no sum
void holder.receive(open);
