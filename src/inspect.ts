/** The method name under which `console.log` and `util.inspect` ask an object how it prints (in Node; elsewhere it does no harm). */
export const inspectCustom: unique symbol = Symbol.for('nodejs.util.inspect.custom');
