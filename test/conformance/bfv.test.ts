import { bfvSum } from '../../src/aggregate/index.ts';
import { SharedKey } from '../../src/protocols/ckks-sum/index.ts';
import { InlineSealEngine } from '../../src/seal/index.ts';
import { schemeConformance } from './scheme.ts';

const engine = new InlineSealEngine();
const sharedKey = await SharedKey.generate('exact', engine);

schemeConformance('bfvSum, 2 of 3', { scheme: () => bfvSum({ engine, threshold: 2 }), helpers: 3 });
schemeConformance('bfvSum, shared key', { scheme: () => bfvSum({ engine, sharedKey }) });
