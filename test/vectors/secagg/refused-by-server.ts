import { MESSAGE } from '../../../src/protocols/secagg/messages.ts';
import { bodyOf, id, type Setup } from '../../protocols/secagg/play.ts';
import {
  bad,
  curious,
  flip,
  fromVictim,
  header,
  longer,
  malicious,
  put,
  SERVER,
  shorter,
  silent,
  VICTIM,
} from './changes.ts';
import type { Network, Scenario } from './record.ts';

const serverRefuses = (name: string, description: string, code: string, from: Setup, network: Network): Scenario =>
  bad(name, description, SERVER, code, from, network);

/** Each refusal of the server: of a client, or of the round. */
export const refusedByServer: readonly Scenario[] = [
  serverRefuses(
    'keys_low_order',
    'A key of low order.',
    'bad-key',
    curious(),
    fromVictim('AdvertiseKeys', put(0, new Uint8Array(32))),
  ),
  serverRefuses(
    'keys_one_for_both',
    'One key for boxes and masks.',
    'bad-key',
    curious(),
    fromVictim('AdvertiseKeys', (f) => put(32, bodyOf(f).slice(0, 32))(f)),
  ),
  serverRefuses(
    'keys_not_signed',
    'Keys that their owner did not sign.',
    'bad-signature',
    malicious(),
    fromVictim('AdvertiseKeys', flip(33)),
  ),
  serverRefuses(
    'keys_truncated',
    'Keys that end early.',
    'malformed',
    malicious(),
    fromVictim('AdvertiseKeys', shorter),
  ),
  serverRefuses(
    'nonce_does_not_open',
    'A nonce other than the one committed to.',
    'bad-commitment',
    malicious(),
    fromVictim('RevealNonce', flip(0)),
  ),
  serverRefuses(
    'share_keys_extended',
    'Shares with a byte left over.',
    'malformed',
    curious(),
    fromVictim('ShareKeys', longer),
  ),
  serverRefuses('share_keys_equivocation', 'Two different ShareKeys.', 'equivocation', curious(), (m, name) =>
    name === 'ShareKeys' && m.from === VICTIM ? [m, { ...m, frame: flip(-1)(m.frame) }] : true,
  ),
  serverRefuses(
    'input_truncated',
    'An input that ends early.',
    'malformed',
    curious(),
    fromVictim('MaskedInput', shorter),
  ),
  serverRefuses(
    'input_padding',
    'An input whose last byte is not filled up with zero bits.',
    'malformed',
    curious(),
    fromVictim('MaskedInput', flip(-1, 0x80)),
  ),
  serverRefuses(
    'input_session',
    'An input of another session.',
    'wrong-session',
    curious(),
    fromVictim('MaskedInput', (f) => f.with(37, f[37]! ^ 1)),
  ),
  serverRefuses(
    'input_version',
    'An input of another version.',
    'unsupported-version',
    curious(),
    fromVictim('MaskedInput', header(3, 0)),
  ),
  serverRefuses(
    'input_type',
    'A message that this phase does not await.',
    'unexpected-message',
    curious(),
    fromVictim('MaskedInput', header(5, MESSAGE.UnmaskShares)),
  ),
  serverRefuses(
    'input_of_a_stranger',
    'An input of somebody who is not in the round.',
    'unknown-party',
    curious(),
    (m, name) => (name === 'MaskedInput' && m.from === VICTIM ? [{ ...m, from: 'mallory' }, m] : true),
  ),
  serverRefuses(
    'dealer',
    'Shares that fit their tags but not the commitment of their owner.',
    'key-mismatch',
    curious(),
    fromVictim('ShareKeys', flip(0)),
  ),
  serverRefuses(
    'too_few_joined',
    'Fewer clients than the minimum cohort.',
    'below-minimum-cohort',
    curious({ minimumCohort: 4 }),
    silent('AdvertiseKeys', VICTIM),
  ),
  serverRefuses(
    'no_parameters',
    'Three of six clients joined; two may be corrupt, and 2 of 2 is no threshold then.',
    'below-threshold',
    curious({ clients: 6 }, { corrupt: 0.34, dropout: 0.1 }),
    silent('AdvertiseKeys', id(0), id(1), id(2)),
  ),
  serverRefuses(
    'too_few_inputs',
    'One input of four.',
    'below-minimum-cohort',
    curious(),
    silent('MaskedInput', id(0), id(1), id(2)),
  ),
  serverRefuses(
    'too_few_holders',
    'Two inputs of four: those who dropped have two holders left, the survivors one.',
    'below-threshold',
    curious(),
    silent('MaskedInput', id(0), id(1)),
  ),
  serverRefuses(
    'too_few_signatures',
    'One signature on the survivors.',
    'below-threshold',
    malicious(),
    silent('ConsistencyCheck', id(0), id(1), id(2)),
  ),
  serverRefuses(
    'too_few_shares',
    'One client reveals its shares.',
    'below-threshold',
    malicious(),
    silent('UnmaskShares', id(0), id(1), id(2)),
  ),
];
