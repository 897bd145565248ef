/** Gives an object a property that is not listed among its own. */
export function define(target: object, key: PropertyKey, value: unknown, writable = false): void {
  Object.defineProperty(target, key, { value, configurable: true, writable });
}
