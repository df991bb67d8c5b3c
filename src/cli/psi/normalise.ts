import { composite, email, exact, type Normaliser, phone } from '../../protocols/psi/index.ts';
import { UsageError } from '../terminal.ts';

export interface KeyRule {
  /** Names of the key columns. */
  readonly columns: readonly string[];
  /** What the handshake compares, e.g. `email/1+phone/1`. */
  readonly label: string;
  normalise(cells: readonly string[]): string | undefined;
}

/**
 * `--key email,phone --normalise email,phone:GB`: one rule for every key column, or one for all of them.
 * @throws {UsageError}
 */
export function keyRule(key: string, normalise: string, option = '--key'): KeyRule {
  const columns = key.split(',').map((name) => name.trim());
  if (columns.some((name) => name === ''))
    throw new UsageError(`${option} ${JSON.stringify(key)}: a column name is empty`);
  if (new Set(columns).size !== columns.length) {
    throw new UsageError(`${option} ${JSON.stringify(key)}: a column is named twice`);
  }
  const rules = normalise.split(',').map((name) => normaliser(name.trim()));
  if (rules.length !== 1 && rules.length !== columns.length) {
    throw new UsageError(
      `--normalise has ${rules.length} rules, expected one for all key columns or one for each of ${columns.length}`,
    );
  }
  const parts = columns.map((_, i) => rules[rules.length === 1 ? 0 : i]!);
  const whole = composite(parts);
  return { columns, label: whole.label, normalise: (cells) => whole.normalise(cells) };
}

function normaliser(text: string): Normaliser {
  if (text === 'email') return email;
  if (text === 'exact') return exact;
  const country = /^phone:(.*)$/.exec(text)?.[1];
  if (country === undefined) {
    throw new UsageError(
      `--normalise ${JSON.stringify(text)}: expected email, exact or phone:COUNTRY such as phone:GB`,
    );
  }
  try {
    return phone(country);
  } catch {
    throw new UsageError(`--normalise ${JSON.stringify(text)}: expected a country of two letters such as phone:GB`);
  }
}
