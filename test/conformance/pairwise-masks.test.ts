import { pairwiseMasks } from '../../src/aggregate/index.ts';
import { schemeConformance } from './scheme.ts';

schemeConformance('pairwise masks, honest but curious', {
  // Of three, nobody can be spared: two of two neighbours reconstruct.
  scheme: (clients) =>
    pairwiseMasks({ adversary: 'honest-but-curious', dropout: clients === 3 ? 0 : 0.34, corrupt: 0.1 }),
  smallest: 3,
  usesExecutor: true,
});

schemeConformance('pairwise masks, malicious server', {
  scheme: () => pairwiseMasks({ adversary: 'malicious-server', dropout: 0.2, corrupt: 0, suite: 'chacha20' }),
  smallest: 3,
  usesExecutor: true,
});
