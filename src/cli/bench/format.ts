/** Three digits and a decimal prefix: `1.23 k`. */
export function quantity(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const negative = value < 0 ? '-' : '';
  let size = Math.abs(value);
  for (const prefix of ['', 'k', 'M', 'G', 'T', 'P']) {
    if (size < 999.5 || prefix === 'P') {
      const digits = prefix === '' && Number.isInteger(size) ? String(size) : trim(size.toPrecision(3));
      return `${negative}${digits}${prefix === '' ? '' : ` ${prefix}`}`;
    }
    size /= 1000;
  }
  return '';
}

/** Milliseconds in the unit a person would use. */
export function ms(value: number): string {
  if (value === 0) return '0';
  if (value < 1) return `${trim((1000 * value).toPrecision(3))} us`;
  if (value < 1000) return `${trim(value.toPrecision(3))} ms`;
  if (value < 120_000) return `${trim((value / 1000).toPrecision(3))} s`;
  if (value < 7_200_000) return `${trim((value / 60_000).toPrecision(3))} min`;
  if (value < 48 * 3_600_000) return `${trim((value / 3_600_000).toPrecision(3))} h`;
  return `${trim((value / 86_400_000).toPrecision(3))} days`;
}

/** No exponent, no zeros behind the point. */
function trim(text: string): string {
  const plain = text.includes('e') ? String(Number(text)) : text;
  return plain.includes('.') ? plain.replace(/\.?0+$/, '') : plain;
}
