import type { Activation } from './frame.js';

/** Runs a method call in place of the module itself. The prototype is that of the class that defines the method. */
export type MethodWatch = (
  activation: Activation,
  methodName: string,
  method: (args: readonly unknown[]) => unknown,
  prototype: object,
  args: readonly unknown[],
) => unknown;

let current: () => MethodWatch | null = () => null;

/** What sees method calls now. Interceptors bring it once anything of them is used: who uses none does not load them. */
export function methodWatch(): MethodWatch | null {
  return current();
}

/** Has `next` tell what sees method calls. */
export function provideWatch(next: typeof current): void {
  current = next;
}
