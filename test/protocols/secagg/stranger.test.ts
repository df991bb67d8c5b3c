import { describe, expect, it } from 'vitest';
import { inlineExecutor } from '../../../src/kernels/index.ts';
import { type Adversary, chooseParameters, secaggClient, secaggServer } from '../../../src/protocols/secagg/index.ts';
import { id, plainSum, rngFor, setup, words } from './play.ts';
import { Stranger } from './stranger.ts';

describe('a client written from the specification alone', () => {
  it.each([
    ['honest-but-curious', 5, undefined],
    ['malicious-server', 5, undefined],
    ['honest-but-curious', 11, { k: 6, t: 3 }],
    ['malicious-server', 11, { k: 6, t: 4 }],
  ] satisfies [Adversary, number, { k: number; t: number } | undefined][])(
    '%s, %i clients, %o',
    async (adversary, clients, given) => {
      const from = setup({
        clients,
        length: 50,
        parameters: { adversary, dropout: 0.25, suite: 'chacha20', ...given },
      });
      const { spec, parameters, identities, inputs } = from;
      const server = secaggServer(spec, parameters, inlineExecutor);
      const degree = given ?? chooseParameters({ clients, ...parameters });
      const strangers = new Map<string, Stranger>();
      const ours = new Map<string, ReturnType<typeof secaggClient>>();
      const queue: { from: string; to: string; frame: Uint8Array }[] = [];
      for (const [name, me] of identities) {
        if (name < id(2)) {
          const { adversary: model, dropout, corrupt } = parameters;
          const choice = {
            adversary: model,
            suite: 'chacha20',
            dropout,
            corrupt,
            k: degree.k,
            t: degree.t,
            explicit: given !== undefined,
          };
          const stranger = new Stranger(spec, choice, me, inputs.get(name)!.words);
          strangers.set(name, stranger);
          queue.push({ from: name, to: 'server', frame: stranger.start() });
        } else {
          const party = secaggClient(spec, parameters, me, inputs.get(name)!, inlineExecutor, rngFor(name));
          ours.set(name, party);
          for (const { to, frame } of await party.start()) queue.push({ from: name, to, frame });
        }
      }
      const run = async () => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          // One of ours leaves before its masked input: the strangers' shares of its key are needed.
          if (next.from === id(3) && next.frame[5] === 7) continue;
          const { to, frame } = next;
          const stranger = strangers.get(to);
          if (stranger !== undefined) queue.push({ from: to, to: 'server', frame: stranger.receive(frame) });
          else {
            const party = to === 'server' ? server : ours.get(to)!;
            for (const out of await party.receive(next.from, frame)) queue.push({ from: to, ...out });
          }
        }
      };
      await run();
      while (server.status.phase !== 'Done') {
        for (const out of await server.deadline(server.status.phase)) queue.push({ from: 'server', ...out });
        await run();
      }
      const { sum, survivors, dropped } = server.outcome!;
      expect(survivors).toHaveLength(clients - 1);
      expect(dropped).toEqual([{ id: id(3), phase: 'MaskedInput' }]);
      expect(words(sum)).toEqual(plainSum(from, survivors));
    },
  );
});
