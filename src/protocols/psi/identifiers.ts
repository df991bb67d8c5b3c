import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js';

/**
 * Identifiers before blinding. Two parties find the same person only when they write the same bytes, so the rule and its version
 * are part of the handshake: mixed versions are refused instead of giving a silently smaller overlap.
 */
export interface Normaliser {
  /** What the handshake compares, e.g. `email/1` or `phone/1`. */
  readonly label: string;
  /** The canonical form, or undefined when the cell holds no identifier (empty, not a phone number). */
  normalise(cell: string): string | undefined;
}

/** The bytes as they are, after Unicode NFC and trimming. */
export const exact: Normaliser = {
  label: 'exact/1',
  normalise: (cell) => tidy(cell) || undefined,
};

/**
 * E-mail addresses: NFC, trimmed, lower case. Dots and `+tags` are left alone: which of them a provider ignores is its
 * own affair, and two lists that differ in them name different mailboxes elsewhere.
 */
export const email: Normaliser = {
  label: 'email/1',
  normalise: (cell) => {
    const address = tidy(cell).toLowerCase();
    return /^[^\s@]+@[^\s@]+$/.test(address) ? address : undefined;
  },
};

/**
 * Phone numbers as E.164 (`+442079460000`). Numbers without a country code are read as of `country`. The label does not name the
 * country: E.164 is the same for both sides whatever their default.
 * @param country ISO 3166-1 alpha-2, e.g. `GB`
 * @throws {RangeError} for an unknown country
 */
export function phone(country: string): Normaliser {
  if (!isSupportedCountry(country)) {
    throw new RangeError(`unknown country ${JSON.stringify(country)}, expected two letters such as GB`);
  }
  return {
    label: 'phone/1',
    normalise: (cell) => {
      const number = parsePhoneNumberFromString(tidy(cell), country as CountryCode);
      return number?.isValid() ? number.number : undefined;
    },
  };
}

/**
 * Several key columns as one identifier: each part normalised, then joined with its byte length in front, so that ("ab", "c") and ("a", "bc")
 * stay apart. A row with a missing part has no identifier.
 */
export function composite(parts: readonly Normaliser[]): {
  label: string;
  normalise(cells: readonly string[]): string | undefined;
} {
  if (parts.length === 0) throw new RangeError('at least one key column is needed');
  return {
    label: parts.map((part) => part.label).join('+'),
    normalise(cells) {
      if (cells.length !== parts.length) throw new RangeError(`found ${cells.length} cells, expected ${parts.length}`);
      const values: string[] = [];
      for (const [i, part] of parts.entries()) {
        const value = part.normalise(cells[i]!);
        if (value === undefined) return undefined;
        values.push(value);
      }
      if (values.length === 1) return values[0];
      return values.map((value) => `${new TextEncoder().encode(value).length}:${value}`).join('');
    },
  };
}

function tidy(cell: string): string {
  return cell.normalize('NFC').trim();
}
