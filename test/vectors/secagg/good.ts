import { PAIR_BYTES } from '../../../src/protocols/secagg/messages.ts';
import { id } from '../../protocols/secagg/play.ts';
import { both, CLIENT_MESSAGES, curious, flip, MODELS, malicious, SET, silent, snake, toVictim } from './changes.ts';
import type { Scenario } from './record.ts';

/** Rounds that end in the sum. */
export const good: readonly Scenario[] = [
  { name: 'curious_complete', description: 'Four clients, complete graph, nobody drops out.', setup: curious() },
  {
    name: 'curious_complete_chacha20_64_bits',
    description: 'ChaCha20 and Z_2^64.',
    setup: curious({ bits: 64 }, { suite: 'chacha20' }),
  },
  { name: 'curious_complete_32_bits', description: 'AES-256-CTR and Z_2^32.', setup: curious({ bits: 32 }) },
  {
    name: 'malicious_complete',
    description: 'Five clients, one of them may collude with the server: 3 of 4 reconstruct.',
    setup: malicious({ clients: 5 }, { corrupt: 0.2, dropout: 0.2 }),
  },
  {
    name: 'malicious_complete_chacha20_33_bits',
    description: 'ChaCha20 and words of 33 bits, which take eight bytes of keystream.',
    setup: malicious({ bits: 33 }, { suite: 'chacha20' }),
  },
  {
    name: 'malicious_complete_64_bits',
    description: 'AES-256-CTR and Z_2^64.',
    setup: malicious({ bits: 64 }),
  },
  {
    name: 'curious_sparse',
    description: 'Eight clients with four neighbours each, two of whom reconstruct.',
    setup: curious({ clients: 8 }, { k: 4, t: 2 }),
  },
  {
    name: 'malicious_sparse_chacha20',
    description: 'Eight clients with four neighbours each, three of whom reconstruct.',
    setup: malicious({ clients: 8 }, { k: 4, t: 3, suite: 'chacha20' }),
  },
  ...(['curious', 'malicious'] as const).flatMap((model) =>
    CLIENT_MESSAGES[model].map(
      (message): Scenario => ({
        name: `${model}_without_${snake(message)}`,
        description: `One client's ${message} does not arrive.`,
        setup: MODELS[model]({ clients: 5 }, { dropout: 0.2 }),
        network: silent(message, id(2)),
      }),
    ),
  ),
  {
    name: 'curious_sparse_dropouts',
    description: 'Ten clients with six neighbours each; one drops out before each of the messages.',
    setup: curious({ clients: 10 }, { dropout: 0.4, k: 6, t: 2 }),
    network: both(...CLIENT_MESSAGES.curious.map((message, i) => silent(message, id(1 + 2 * i)))),
  },
  {
    name: 'malicious_sparse_dropouts',
    description:
      'Ten clients with six neighbours each; RevealNonce, MaskedInput and UnmaskShares of one each do not arrive.',
    setup: malicious({ clients: 10 }, { dropout: 0.3, k: 6, t: 4 }),
    network: both(silent('RevealNonce', id(1)), silent('MaskedInput', id(4)), silent('UnmaskShares', id(7))),
  },
  {
    name: 'curious_box_does_not_open',
    description: 'A box, and the tag of another, arrive changed: the receiver holds no share of those two and says so.',
    setup: curious({ clients: 5 }, { dropout: 0.2 }),
    network: toVictim('EncryptedShares', (frame) => flip(SET + PAIR_BYTES)(flip(SET + 40)(frame))),
  },
  {
    name: 'malicious_retransmission',
    description: 'Every frame arrives twice: the second is ignored.',
    setup: malicious(),
    network: (m) => [m, m],
  },
];
