import { plaintext } from '../../src/aggregate/index.ts';
import { schemeConformance } from './scheme.ts';

schemeConformance('plaintext', { scheme: () => plaintext() });
