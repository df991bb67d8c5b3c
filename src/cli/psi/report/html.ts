/**
 * Text as HTML, for contents and for attributes in double quotes. Names of files and columns come from anywhere: controls and the characters that
 * turn the direction of writing around are shown as their code instead of taking effect.
 */
export function escaped(text: string): string {
  return text
    .replace(HIDDEN, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
    .replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Controls, format characters (bidirectional overrides, zero width), lone surrogates, private use, line and paragraph separators. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

const LONGEST = 120;

/** A name from outside: escaped, of bounded length, and unable to turn its surroundings around. */
export function name(text: string): string {
  const characters = [...text];
  const short = characters.length > LONGEST ? `${characters.slice(0, LONGEST).join('')}…` : text;
  return `<bdi class="name">${escaped(short)}</bdi>`;
}

/** 1,234,567 */
export function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

/** 1 identifier, 2,000 identifiers */
export function identifiers(count: number): string {
  return `${grouped(count)} ${count === 1 ? 'identifier' : 'identifiers'}`;
}

/** 12.3 % */
export function percent(part: number, whole: number): string {
  const value = (100 * part) / whole;
  if (value > 0 && value < 0.1) return '< 0.1 %';
  if (value < 100 && value > 99.9) return '> 99.9 %';
  return `${value.toFixed(1).replace(/\.0$/, '')} %`;
}

/** 1.2 MB: decimal units */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? grouped(value) : threeDigits(value)} ${units[unit]}`;
}

/** 420 ms, 12.3 s, 3 min 20 s, 2 h 5 min */
export function duration(seconds: number): string {
  if (seconds < 0.9995) return `${threeDigits(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${threeDigits(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Three significant digits, without zeros at the end. */
function threeDigits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** A coordinate of a drawing. */
export function at(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
