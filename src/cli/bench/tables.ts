import Table from 'cli-table3';
import { ms, quantity } from './format.ts';
import type { Results, Row } from './results.ts';

/** Results as tables for people. */
export function resultTables(results: Results, styled: boolean): string {
  const style = { head: styled ? ['bold'] : [], border: [], compact: true };
  const parts: string[] = [];
  if (results.micro.length > 0) {
    const table = new Table({ head: ['kernel', 'a second', 'x twin', 'of limit'], style });
    for (const { id, unit, perSecond, twin, limit } of results.micro) {
      table.push([
        id,
        `${quantity(perSecond.median)} ${unit}s`,
        twin ? (perSecond.median / twin.median).toFixed(1) : '',
        limit ? `${((100 * perSecond.median) / limit.median).toFixed(0)} % of ${limit.what}` : '',
      ]);
    }
    parts.push(table.toString());
  }
  const rounds = results.rows.filter(({ cell }) => cell.kind === 'round');
  if (rounds.length > 0) {
    const head = [
      'scheme',
      'n',
      'd',
      'dropout',
      'threads',
      'client',
      'server',
      'helpers',
      'up',
      'down',
      'x plain',
      'peak',
      '',
    ];
    const table = new Table({ head, style });
    for (const row of rounds) if (row.cell.kind === 'round') table.push(roundLine(row, row.cell, rounds));
    parts.push(table.toString());
  }
  const psi = results.rows.filter(({ cell }) => cell.kind === 'psi');
  if (psi.length > 0) {
    const head = ['suite', 'reveal', 'left', 'right', 'threads', 'time', 'left bytes', 'right bytes', 'peak', ''];
    const table = new Table({ head, style });
    for (const { cell, times, counts, peakRss, noisy } of psi) {
      if (cell.kind !== 'psi') continue;
      table.push([
        ...[cell.suite, cell.reveal, quantity(cell.left), quantity(cell.right), cell.threads],
        spread(times['wallMs']!),
        ...[`${quantity(counts['leftBytes']!)}B`, `${quantity(counts['rightBytes']!)}B`, `${quantity(peakRss)}B`],
        noisy ? 'noisy' : '',
      ]);
    }
    parts.push(table.toString());
  }
  for (const { id, error } of results.failed) parts.push(`not measured: ${id}: ${error.split('\n')[0]}`);
  const { cpu, threads, node, load } = results.machine;
  parts.push(
    `${cpu}, ${threads} threads, Node ${node}, load ${load}; median ± median absolute deviation; noisy: spread over 10 % or processor shared`,
  );
  return `${parts.join('\n\n')}\n`;
}

function roundLine(row: Row, cell: Row['cell'] & { kind: 'round' }, all: readonly Row[]): (string | number)[] {
  const { times, counts, peakRss, noisy } = row;
  const factor = expansion(row, all);
  return [
    ...[cell.scheme, cell.clients, quantity(cell.dimension), cell.dropout, cell.threads],
    ...[spread(times['clientMs']!), spread(times['serverMs']!)],
    times['helperMs']!.median === 0 ? '' : spread(times['helperMs']!),
    ...[`${quantity(counts['bytesUp']!)}B`, `${quantity(counts['bytesDown']!)}B`],
    ...[factor === undefined ? '' : factor.toFixed(2), `${quantity(peakRss)}B`, noisy ? 'noisy' : ''],
  ];
}

/** Bytes of a client, both ways, over those of the plaintext cell with the same n and d; `undefined` when that was not measured. */
export function expansion(row: Row, all: readonly Row[]): number | undefined {
  const { cell } = row;
  if (cell.kind !== 'round') return undefined;
  const plain = all.find(
    ({ cell: other }) =>
      other.kind === 'round' &&
      other.scheme === 'plain' &&
      other.clients === cell.clients &&
      other.dimension === cell.dimension,
  );
  if (plain === undefined) return undefined;
  const bytes = ({ counts }: Row) => counts['bytesUp']! + counts['bytesDown']!;
  return bytes(row) / bytes(plain);
}

function spread({ median, mad }: { readonly median: number; readonly mad: number }): string {
  return `${ms(median)} ±${median === 0 ? 0 : ((100 * mad) / median).toFixed(0)}%`;
}
