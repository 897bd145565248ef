/** A class decorator, or a legacy decorator of a method. */
type Decorator = (target: never, key?: string, descriptor?: PropertyDescriptor) => unknown;

/**
 * The helper that TypeScript calls for legacy decorators, as far as this library has them (classes and methods). The built files import
 * it (`tools/build.mjs`) in place of a copy of TypeScript's own in each.
 */
export function decorate(decorators: readonly Decorator[], target: object, key?: string): unknown {
  if (key === undefined) {
    return decorators.reduceRight<unknown>((cls, decorator) => decorator(cls as never) ?? cls, target);
  }
  const decorated = decorators.reduceRight(
    (method, decorator) => (decorator(target as never, key, method) ?? method) as PropertyDescriptor,
    Object.getOwnPropertyDescriptor(target, key) as PropertyDescriptor,
  );
  return Object.defineProperty(target, key, decorated);
}
