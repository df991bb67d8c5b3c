import { ckksSum } from '../../src/aggregate/index.ts';
import { SharedKey } from '../../src/protocols/ckks-sum/index.ts';
import { InlineSealEngine } from '../../src/seal/index.ts';
import { schemeConformance } from './scheme.ts';

const engine = new InlineSealEngine();
const compact = await SharedKey.generate('compact', engine);

schemeConformance('ckksSum, 3 of 3', {
  scheme: () => ckksSum({ engine, threshold: 3, check: 'sum' }),
  helpers: 3,
  mostBits: 48,
});
schemeConformance('ckksSum, shared key', { scheme: () => ckksSum({ engine, sharedKey: compact }), mostBits: 48 });
