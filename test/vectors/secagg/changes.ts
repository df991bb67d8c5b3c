import { concatBytes } from '../../../src/bytes/index.ts';
import type { PartyId } from '../../../src/protocols/index.ts';
import { FRAME_HEADER } from '../../../src/protocols/index.ts';
import { ClientSet } from '../../../src/protocols/secagg/bitmap.ts';
import { neighbours } from '../../../src/protocols/secagg/graph.ts';
import type { SecaggParameters } from '../../../src/protocols/secagg/index.ts';
import { Derivations } from '../../../src/protocols/secagg/keys.ts';
import type { MessageName } from '../../../src/protocols/secagg/messages.ts';
import { resolveRound } from '../../../src/protocols/secagg/round.ts';
import { bodyOf, id, type Setup, type SetupOptions, setup, withBody } from '../../protocols/secagg/play.ts';
import type { Network, Scenario } from './record.ts';

/** What the scenarios are put together from: rounds of few clients and short vectors, and ways to change what arrives. */

export const SERVER = 'server';
export const VICTIM: PartyId = id(1);
export const SET = 1; // bytes of a set over up to 8
export const ENTRY = { curious: 64, malicious: 160 };

/** Nobody signs here: the roster pins no keys. */
export function curious(options: Partial<SetupOptions> = {}, parameters: Partial<SecaggParameters> = {}): Setup {
  const from = setup({ clients: 4, bits: 20, length: 3, ...options, parameters: { dropout: 0.25, ...parameters } });
  return {
    ...from,
    spec: { ...from.spec, clients: from.spec.clients.map((member) => ({ id: member.id })) },
    identities: new Map([...from.identities.keys()].map((name) => [name, { id: name }])),
  };
}

export function malicious(options: Partial<SetupOptions> = {}, parameters: Partial<SecaggParameters> = {}): Setup {
  const all: Partial<SecaggParameters> = { adversary: 'malicious-server', dropout: 0.25, ...parameters };
  return setup({ clients: 4, bits: 20, length: 3, ...options, parameters: all });
}

export type Model = 'curious' | 'malicious';
export const MODELS: Record<Model, typeof curious> = { curious, malicious };

export const CLIENT_MESSAGES: Record<Model, readonly MessageName[]> = {
  curious: ['AdvertiseKeys', 'ShareKeys', 'MaskedInput', 'UnmaskShares'],
  malicious: ['AdvertiseKeys', 'RevealNonce', 'ShareKeys', 'MaskedInput', 'ConsistencyCheck', 'UnmaskShares'],
};

export const snake = (name: string): string => name.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();

export type Change = (frame: Uint8Array) => Uint8Array;

/** The message of this name to (or from) the victim arrives changed. */
export const toVictim =
  (message: MessageName, change: Change): Network =>
  (m, name) =>
    name === message && m.to === VICTIM ? [{ ...m, frame: change(m.frame) }] : true;
export const fromVictim =
  (message: MessageName, change: Change): Network =>
  (m, name) =>
    name === message && m.from === VICTIM ? [{ ...m, frame: change(m.frame) }] : true;
export const silent =
  (message: MessageName, ...who: PartyId[]): Network =>
  (m, name) =>
    !(name === message && who.includes(m.from));

/** All of these at once: the first that does not just deliver. */
export const both =
  (...networks: readonly Network[]): Network =>
  (m, name) => {
    for (const network of networks) {
      const fate = network(m, name);
      if (fate !== true) return fate;
    }
    return true;
  };

export const flip =
  (at: number, bit = 1): Change =>
  (frame) =>
    withBody(frame, (body) => {
      body[at < 0 ? body.length + at : at]! ^= bit;
    });
export const header =
  (at: number, value: number): Change =>
  (frame) =>
    frame.with(at, value);
export const shorter: Change = (frame) => frame.slice(0, -1);
export const longer: Change = (frame) => concatBytes(frame, new Uint8Array(1));
export const body = (frame: Uint8Array, ...parts: Uint8Array[]): Uint8Array =>
  concatBytes(frame.slice(0, FRAME_HEADER), ...parts);
export const survivors =
  (...indices: number[]): Change =>
  (frame) =>
    body(frame, ClientSet.of(4, indices).bytes);
export const put =
  (at: number, value: Uint8Array): Change =>
  (frame) =>
    withBody(frame, (bytes) => bytes.set(value, at));

/** A body that starts with a set over 4 and one slot each, without one member's slot and bit. */
export const without =
  (index: number, size: number): Change =>
  (frame) => {
    const bytes = bodyOf(frame);
    const out = concatBytes(bytes.slice(0, SET + index * size), bytes.slice(SET + (index + 1) * size));
    out[0]! &= ~(1 << index);
    return body(frame, out);
  };

export const bad = (
  name: string,
  description: string,
  by: PartyId,
  code: string,
  from: Setup,
  network: Network,
): Scenario => ({ name: `bad_${name}`, description, setup: from, network, refuses: { by, code } });

/** One that the victim refuses, in both models. */
export function victimRefuses(
  name: string,
  description: string,
  code: string,
  message: MessageName,
  change: (model: Model) => Change,
  options: Partial<SetupOptions> = {},
): Scenario[] {
  return (['curious', 'malicious'] as const).map((model) =>
    bad(`${name}_${model}`, description, VICTIM, code, MODELS[model](options), toVictim(message, change(model))),
  );
}

export function longer32(frame: Uint8Array): Uint8Array {
  return concatBytes(frame, new Uint8Array(32));
}

/** The victim, one of eight clients who all signed, is given the signatures of its neighbours alone. */
export function onlyNeighboursSign({ spec, parameters }: Setup): Network {
  let roster: Uint8Array = new Uint8Array(0);
  let nonces: Uint8Array = new Uint8Array(0);
  return (m, name) => {
    if (m.to !== VICTIM) return true;
    if (name === 'Roster') roster = bodyOf(m.frame);
    if (name === 'Nonces') nonces = bodyOf(m.frame);
    if (name !== 'SignedSurvivors') return true;
    const view = new Derivations(resolveRound(spec, parameters)).view(roster, nonces);
    const near = [...neighbours(view, 8, parameters.k!, 1)];
    const bytes = bodyOf(m.frame);
    const signatures = near.map((v) => bytes.slice(2 + 64 * v, 2 + 64 * (v + 1)));
    return [{ ...m, frame: body(m.frame, bytes.slice(0, 1), ClientSet.of(8, near).bytes, ...signatures) }];
  };
}
