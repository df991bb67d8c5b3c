import { additiveShares } from '../../src/aggregate/index.ts';
import { schemeConformance } from './scheme.ts';

schemeConformance('additive shares over 3 servers', { scheme: () => additiveShares(), helpers: 3, usesExecutor: true });

schemeConformance('Shamir shares over 4 servers, 3 needed', {
  scheme: () => additiveShares({ mode: 'shamir', threshold: 3 }),
  helpers: 4,
  usesExecutor: true,
});
