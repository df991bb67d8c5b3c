/**
 * Makes every way of printing an object show its `toString()`: `console.log`, `util.inspect` and `JSON.stringify`. For classes that
 * hold secrets; call it in a static block of the class.
 */
export function printsAsString(type: { readonly prototype: object }): void {
  const value = function (this: object): string {
    return String(this);
  };
  for (const name of [Symbol.for('nodejs.util.inspect.custom'), 'toJSON']) {
    Object.defineProperty(type.prototype, name, { value, writable: true, configurable: true });
  }
}
