import { expect, it } from 'vitest';
import { expectExact, id, play, setup } from './play.ts';

it.each(['honest-but-curious', 'malicious-server'] as const)(
  'a bad share is blamed in a round that succeeds: %s',
  async (adversary) => {
    const from = setup({ clients: 6, parameters: { adversary, dropout: 0.34, corrupt: 0 } });
    const played = await play(from, (envelope, name) =>
      name === 'UnmaskShares' && [id(4), id(1)].includes(envelope.from)
        ? [{ ...envelope, frame: envelope.frame.with(-1, envelope.frame.at(-1)! ^ 1) }]
        : [envelope],
    );
    expectExact(from, played);
    expect(played.sum!.dropped).toEqual([]);
    expect(played.sum!.blamed).toMatchObject(
      [1, 4].map((index) => ({ id: id(index), phase: 'Unmask', reason: { code: 'bad-share', culprits: [id(index)] } })),
    );
  },
);

it('nobody is blamed for silence', async () => {
  const from = setup({ clients: 6, parameters: { dropout: 0.34, corrupt: 0 } });
  const played = await play(from, (envelope, name) =>
    name === 'UnmaskShares' && envelope.from === id(4) ? [] : [envelope],
  );
  expectExact(from, played);
  expect(played.sum).not.toHaveProperty('blamed');
});
