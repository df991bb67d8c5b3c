/**
 * A tiny writer of straight-line AssemblyScript over `v128`: every intermediate value gets a name, in the order in which it is to be
 * computed. Unrolled field arithmetic is unreadable as text and readable as the program that writes it.
 */
export class Body {
  readonly lines: string[] = [];
  #names = 0;

  /** `const tN: v128 = expression;` and the name */
  set(expression: string): string {
    const name = `t${this.#names++}`;
    this.lines.push(`const ${name}: v128 = ${expression};`);
    return name;
  }

  /** vector `index` of the element at `pointer` */
  load(pointer: string, index: number): string {
    return this.set(`v128.load(${pointer}, ${16 * index})`);
  }

  loadAll(pointer: string, count: number = VECTORS): string[] {
    return Array.from({ length: count }, (_, i) => this.load(pointer, i));
  }

  store(pointer: string, index: number, value: string): void {
    this.lines.push(`v128.store(${pointer}, ${value}, ${16 * index});`);
  }

  storeAll(pointer: string, values: readonly string[]): void {
    for (const [i, value] of values.entries()) this.store(pointer, i, value);
  }

  /** any other statement */
  raw(statement: string): void {
    this.lines.push(statement);
  }
}

/** A field element, of either tier, is five vectors of 16 bytes; it holds one field element for each of two lanes. */
export const VECTORS = 5;

/** The `lanes` of the digits' magnitudes, 0..8: table SMALL. */
export const SMALL: readonly bigint[] = [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n];

export interface Signature {
  readonly parameters: string;
  readonly returns?: 'void' | 'v128' | 'i32';
  /** the comment above the function */
  readonly comment: string;
  /** expand it at every call: for functions of one or two instructions */
  readonly inline?: boolean;
  /** write `<name>Inline` as well: the same, expanded at every call, or with `call` a call after all, where expanding does not pay */
  readonly twin?: 'expand' | 'call';
}

export function fn(
  name: string,
  { parameters, returns = 'void', comment, inline = false, twin }: Signature,
  write: (body: Body) => void,
): string {
  const body = new Body();
  write(body);
  const lines = body.lines.map((line) => `  ${line}`).join('\n');
  const text = (as: string, expand: boolean, statements: string) =>
    `/** ${comment} */\n${expand ? '// @ts-ignore: decorator\n@inline\n' : ''}export function ${as}(${parameters}): ${returns} {\n${statements}\n}\n`;
  if (twin === undefined) return text(name, inline, lines);
  const names = parameters.split(', ').map((parameter) => parameter.split(':')[0]!);
  const call = (to: string) => `  ${to}(${names.join(', ')});`;
  return twin === 'expand'
    ? text(`${name}Inline`, true, lines) + text(name, false, call(`${name}Inline`))
    : text(name, false, lines) + text(`${name}Inline`, true, call(name));
}

/** A constant in memory, both lanes alike: v128 immediates are rematerialised at every use, which costs more than a load. */
export function table(name: string, words: readonly bigint[]): string {
  const lanes = words.map((word) => `0x${BigInt.asUintN(64, word).toString(16)}`);
  return `export const ${name}: usize = memory.data<u64>([${lanes.join(', ')}], 16);\n`;
}

/** Memory for what products put aside; it may hold secrets and is wiped with them. */
export function parking(vectors: number): string {
  const address = vectors === 0 ? '0' : `memory.data(${16 * vectors}, 16)`;
  return `export const PARKED: usize = ${address};\nexport const PARKED_BYTES: usize = ${16 * vectors};\n`;
}

/** The 64 bits of a double. */
export function bitsOf(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}
