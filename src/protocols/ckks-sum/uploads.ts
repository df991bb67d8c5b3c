import { CiphertextSum, packSum, type SealEngine } from '../../seal/index.ts';
import type { PartyId } from '../index.ts';
import { decodeUpload, encodeContributors, encodeOpen } from './codec.ts';
import { checkOpaque } from './decryptor.ts';
import type { Upload } from './messages.ts';
import type { CkksSumRound } from './parameters.ts';
import { checkSigned, sumStatement, uploadStatement } from './signing.ts';

interface Contribution {
  readonly digest: Uint8Array;
  readonly upload: Upload;
}

/** What the server gathers from the clients: the running sum, and who is in it. */
export class UploadGathering {
  readonly sum: CiphertextSum;
  readonly #round: CkksSumRound;
  readonly #engine: SealEngine;
  readonly #contributions = new Map<number, Contribution>();

  constructor(round: CkksSumRound, engine: SealEngine) {
    this.#round = round;
    this.#engine = engine;
    this.sum = new CiphertextSum(round.plan);
  }

  get size(): number {
    return this.#contributions.size;
  }

  /** Contributors by client index, ascending. */
  get contributors(): number[] {
    return [...this.#contributions.keys()].sort((a, b) => a - b);
  }

  get survivors(): PartyId[] {
    return this.contributors.map((index) => this.#round.clients[index]!.id);
  }

  /** @throws {ProtocolError} `malformed`, `bad-signature` or `bad-ciphertext`; the sum is then as it was */
  async add(index: number, body: Uint8Array, keyId: Uint8Array): Promise<void> {
    const round = this.#round;
    const upload = decodeUpload(round, body);
    const member = round.clients[index]!;
    const digest = uploadStatement(round, member.id, keyId, upload.ciphertexts);
    checkSigned(round.signed, member, digest, upload.signature);
    await this.#engine.add(round.plan, this.sum, upload.ciphertexts);
    // The ciphertexts themselves are kept only where the decryptors want to see them.
    const ciphertexts = this.#relays ? upload.ciphertexts.slice() : new Uint8Array(0);
    this.#contributions.set(index, { digest, upload: { signature: upload.signature, ciphertexts } });
  }

  get #relays(): boolean {
    return this.#round.plan.set.keys === 'threshold' && this.#round.parameters.check === 'uploads';
  }

  /** @throws {ProtocolError} `bad-ciphertext` when the sum would hide nothing */
  checkOpaque(): void {
    checkOpaque(this.sum, this.#round.plan.chunks);
  }

  /** The statement that decryptors sign, and the body of `Contributors` that lets them check it. */
  contributorsFor(keyId: Uint8Array): { readonly statement: Uint8Array; readonly body: Uint8Array } {
    const round = this.#round;
    const packed = this.packedSum();
    const entries = this.contributors.map((index) => [index, this.#contributions.get(index)!] as const);
    const digests = new Map(entries.map(([index, { digest }]) => [index, digest]));
    const body = this.#relays
      ? { uploads: new Map(entries.map(([index, { upload }]) => [index, upload])), digests: NOBODY, sum: NOTHING }
      : {
          uploads: NOBODY,
          digests: new Map(entries.map(([i, { digest, upload }]) => [i, { digest, signature: upload.signature }])),
          sum: packed,
        };
    return { statement: sumStatement(round, keyId, digests, packed), body: encodeContributors(round, body) };
  }

  packedSum(): Uint8Array {
    return packSum(this.#round.plan, this.sum);
  }

  /** The body of `Open`. */
  open(): Uint8Array {
    return encodeOpen({ contributors: this.contributors, sum: this.packedSum() });
  }
}

const NOTHING = new Uint8Array(0);
const NOBODY: ReadonlyMap<number, never> = new Map<number, never>();
