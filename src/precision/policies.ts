import { TankaError } from '../errors/tanka-error.js';
import { customCreator, customGetter } from '../module/creators.js';
import { decoratedClass } from '../module/decorators.js';
import { maybeCurrentFrame } from '../module/frame.js';
import { addInterceptor, type Interceptor } from '../module/interceptors.js';
import type { Module } from '../module/module.js';
import { ScopedStack } from '../module/scoped-stack.js';
import { castFloating, parsePolicy, type Policy } from './policy.js';

/** A class of modules. */
type ModuleClass = abstract new (...args: never[]) => Module;

const policies = new Map<unknown, Policy>();
const running = new ScopedStack<Policy>();
let installed = false;

/** Runs the methods of modules whose class has a policy under it; that of an inner module counts for what is inside of it. */
const underPolicy: Interceptor = (next, args, { module, methodName }) => {
  const policy = policies.get(module.constructor);
  if (policy === undefined) return next(...args);
  return running.with(policy, () =>
    customCreator(
      (create, shape, _dtype, init) => create(shape, policy.paramDtype, init),
      () =>
        customGetter(
          (get, value) => get(castFloating(value, policy.computeDtype)),
          () => {
            const result = next(...args.map((arg) => castFloating(arg, policy.computeDtype)));
            return methodName === 'constructor' ? result : castFloating(result, policy.outputDtype);
          },
          { state: true },
        ),
    ),
  );
};

/**
 * Gives the modules of a class, but not those of its subclasses, a policy.
 *
 * @param policy a {@link Policy} or text for {@link parsePolicy}
 * @throws `policy-invalid`, `dtype-unsupported`
 */
export function setPolicy(cls: ModuleClass, policy: Policy | string): void {
  if (policy === null || policy === undefined) {
    throw new TankaError(
      'policy-invalid',
      'A policy is needed. Use hk.mixedPrecision.clearPolicy to take one away.',
    );
  }
  const parsed = typeof policy === 'string' ? parsePolicy(policy) : checked(policy);
  if (!installed) addInterceptor(underPolicy);
  installed = true;
  policies.set(decoratedClass(cls), parsed);
}

function checked(policy: Policy): Policy {
  const { paramDtype, computeDtype, outputDtype } = policy;
  return parsePolicy(`params=${paramDtype},compute=${computeDtype},output=${outputDtype}`);
}

/** The policy of a class, if it has one. */
export function getPolicy(cls: ModuleClass): Policy | undefined {
  return policies.get(decoratedClass(cls));
}

/** Takes the policy of a class away. */
export function clearPolicy(cls: ModuleClass): void {
  policies.delete(decoratedClass(cls));
}

/** The policy that the running method is under, if any. */
export function currentPolicy(): Policy | undefined {
  return running.items[running.items.length - 1];
}

/**
 * Runs `f` with a policy for a class; afterwards the class has the one it had.
 *
 * @throws `policy-in-use` while a method of the class runs; `policy-invalid`, `dtype-unsupported`
 */
export function pushPolicy<R>(target: ModuleClass, policy: Policy | string, f: () => R): R {
  const cls = decoratedClass(target);
  const activations = maybeCurrentFrame()?.activations ?? [];
  if (activations.some(({ module }) => module?.constructor === cls)) {
    throw new TankaError(
      'policy-in-use',
      `A policy for ${cls.name} was pushed within one of its methods, which runs under another. Push it before.`,
    );
  }
  const before = policies.get(cls);
  setPolicy(cls, policy);
  try {
    return f();
  } finally {
    if (before === undefined) policies.delete(cls);
    else policies.set(cls, before);
  }
}
