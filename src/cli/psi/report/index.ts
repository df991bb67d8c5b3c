export type { ResultRows } from './csv.ts';
export { reportPage } from './page.ts';
export { checkResultFolder, type ResultTables, type WriteOptions, writeResult } from './write.ts';
