/** A table with its header, row by row. */
export interface ResultRows {
  readonly columns: readonly string[];
  readonly rows: AsyncIterable<readonly (string | null)[]> | Iterable<readonly (string | null)[]>;
}

/**
 * One line of CSV (RFC 4180, with LF as the line end). A cell is quoted when it must be: it holds a comma, a quote or a line end, or has blanks at an
 * end. A missing cell is nothing and an empty text is `""`, so that a reader which tells them apart can. Cells are as they came, those too that a
 * spreadsheet takes for formulas (`=...`): they are this party's own, and a peer has no say in them.
 */
export function csvLine(cells: readonly (string | null)[]): string {
  // A single missing cell would be an empty line, which most readers skip.
  if (cells.length === 1 && cells[0] === null) return '""\n';
  return `${cells.map(csvCell).join(',')}\n`;
}

function csvCell(cell: string | null): string {
  if (cell === null) return '';
  if (cell !== '' && !/[",\r\n]|^\s|\s$/.test(cell)) return cell;
  return `"${cell.replaceAll('"', '""')}"`;
}

/**
 * The whole file in pieces of about 64 KiB.
 * @throws {RangeError} for a row with another number of cells than the header
 */
export async function* csvPieces({ columns, rows }: ResultRows): AsyncGenerator<string> {
  let piece = csvLine(columns);
  let row = 0;
  for await (const cells of rows) {
    if (cells.length !== columns.length) {
      throw new RangeError(`row ${row} has ${cells.length} cells, expected ${columns.length}`);
    }
    piece += csvLine(cells);
    row++;
    if (piece.length >= 1 << 16) {
      yield piece;
      piece = '';
    }
  }
  if (piece !== '') yield piece;
}
