import { toHex, utf8 } from '../../../bytes/index.ts';
import { ProtocolError } from '../../../errors.ts';
import { Once } from '../../../once.ts';
import { csprng, type Rng } from '../../../random/index.ts';
import { CommutativeCipher } from './cipher.ts';
import { buildSetup, compareBytes, type DataStructure, membership } from './filters.ts';
import {
  decodeRequest,
  decodeResponse,
  decodeServerSetup,
  encodeRequest,
  encodeResponse,
  encodeServerSetup,
} from './wire.ts';

/**
 * The suite `openmined-p256`: speaks the wire format of OpenMined PSI 2.x (the npm package @openmined/psi.js and its siblings in other languages), as
 * client and as server. What it reveals is theirs: both set sizes, the overlap (or its size) to the client, with the declared rate of false
 * positives for the filters.
 */
export type { DataStructure } from './filters.ts';

/** The name of this suite. */
export const OPENMINED_SUITE = 'openmined-p256';

/** What both sides agree on, and what this one accepts. */
export interface OpenMinedOptions {
  /** The client learns which of its items are in the overlap, or (`false`) only how many. Both sides must say the same. */
  readonly revealIntersection: boolean;
  /** The most elements accepted from the peer; 2^20 by default. */
  readonly maximumSize?: number;
  /** 32 bytes, to reproduce a run; drawn anew by default. */
  readonly key?: Uint8Array;
  readonly rng?: Rng;
}

const DEFAULT_MAXIMUM = 2 ** 20;

function cipherOf({ key, rng = csprng }: OpenMinedOptions): CommutativeCipher {
  return new CommutativeCipher(key, rng);
}

/**
 * The client's request.
 * @param items distinct identifiers
 */
export function openMinedRequest(
  items: readonly string[],
  options: OpenMinedOptions,
): readonly [next: AwaitingResponse, request: Uint8Array] {
  if (new Set(items).size !== items.length) throw new RangeError('identifiers must be distinct');
  const cipher = cipherOf(options);
  const elements = items.map((item) => cipher.encrypt(utf8(item)));
  const request = encodeRequest({ revealIntersection: options.revealIntersection, elements });
  return [new AwaitingResponse(cipher, items.length, options), request];
}

/** A client that has sent its request: it takes one response. */
export class AwaitingResponse {
  readonly #held: Once<{ cipher: CommutativeCipher; size: number; options: OpenMinedOptions }>;

  constructor(cipher: CommutativeCipher, size: number, options: OpenMinedOptions) {
    this.#held = new Once('AwaitingResponse', { cipher, size, options });
  }

  /**
   * @param setup the server's ServerSetup message
   * @param response its Response to this request
   * @returns the size of the overlap, and with `revealIntersection` the indices of the items in it
   * @throws {ProtocolError} `malformed`, `size-mismatch`, `duplicate-element`, `not-canonical`, `policy`
   */
  receive(setup: Uint8Array, response: Uint8Array): { readonly count: number; readonly indices?: readonly number[] } {
    const { cipher, size, options } = this.#held.take();
    const contains = membership(decodeServerSetup(setup, options.maximumSize ?? DEFAULT_MAXIMUM));
    const elements = decodeResponse(response, size);
    if (elements.length !== size) {
      throw new ProtocolError('size-mismatch', `Response: ${elements.length} elements, expected ${size}`);
    }
    checkDistinct(elements, 'Response');
    const indices: number[] = [];
    for (const [i, element] of elements.entries()) if (contains(cipher.decrypt(element))) indices.push(i);
    return options.revealIntersection ? { count: indices.length, indices } : { count: indices.length };
  }
}

/** A server: ships its set once and answers requests under the same key. */
export class OpenMinedServer {
  readonly #cipher: CommutativeCipher;
  readonly #options: OpenMinedOptions;

  constructor(options: OpenMinedOptions) {
    this.#cipher = cipherOf(options);
    this.#options = options;
  }

  /**
   * The ServerSetup message.
   * @param structure `raw` (no false positives), `gcs` (the smallest) or `bloom`, whose true rate is two to three times the declared one
   * @param falsePositives rate over all queries of one client, in (0, 1)
   * @param clientInputs how many elements a client will ask for
   * @throws {TypeError|RangeError} for another structure, or a rate or number out of range
   */
  setup(items: readonly string[], structure: DataStructure, falsePositives: number, clientInputs: number): Uint8Array {
    const elements = items.map((item) => this.#cipher.encrypt(utf8(item)));
    return encodeServerSetup(buildSetup(structure, elements, falsePositives, clientInputs));
  }

  /** @throws {ProtocolError} `malformed`, `policy` (another `reveal_intersection`, too many elements), `duplicate-element`, `not-canonical` */
  answer(request: Uint8Array): Uint8Array {
    const { revealIntersection, maximumSize = DEFAULT_MAXIMUM } = this.#options;
    const { revealIntersection: theirs, elements } = decodeRequest(request, maximumSize);
    if (theirs !== revealIntersection) {
      throw new ProtocolError(
        'policy',
        `the client asks for reveal_intersection = ${theirs}, expected ${revealIntersection}`,
      );
    }
    checkDistinct(elements, 'Request');
    const answers = elements.map((element) => this.#cipher.reencrypt(element));
    // Sorted, so that the client cannot tell which of its elements an answer belongs to.
    if (!revealIntersection) answers.sort(compareBytes);
    return encodeResponse(answers);
  }
}

function checkDistinct(elements: readonly Uint8Array[], what: string): void {
  if (new Set(elements.map(toHex)).size !== elements.length) {
    throw new ProtocolError('duplicate-element', `${what}: the same element twice`);
  }
}
