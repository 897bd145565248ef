import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';

/** One step of a program: a kind and its arguments. */
type Operation = readonly [kind: string, ...args: unknown[]];
type Program = readonly Operation[];
type Spec = Readonly<Record<string, Program>>;

interface Case {
  readonly program: Program;
  /** Module, name and bits of each parameter, in the order of creation. */
  readonly params?: readonly (readonly [string, string, number])[];
  /** What Haiku raised. */
  readonly error?: string;
}

const cases = JSON.parse(
  readFileSync(new URL('../goldens/names.json', import.meta.url), 'utf8'),
) as readonly Case[];

interface Callable {
  call(): void;
}

/** Modules that the running program has made. */
let modules: Callable[] = [];

@hk.module('node')
class Node extends hk.Module {
  constructor(
    readonly spec: Spec,
    options: hk.ModuleOptions = {},
  ) {
    super(options);
    this.run('__init__');
  }
  /** Not a scope of its own, as in Python. */
  @hk.transparent
  run(method: string): void {
    run(this.spec[method] ?? [], this);
  }
  call(): void {
    this.run('__call__');
  }
  enc(): void {
    this.run('enc');
  }
  feedForward(): void {
    this.run('feed_forward');
  }
  _hidden(): void {
    this.run('_hidden');
  }
  get prop(): null {
    this.run('prop');
    return null;
  }
  @hk.transparent
  helper(): void {
    this.run('helper');
  }
  @hk.nameLike('call')
  likeCall(): void {
    this.run('like_call');
  }
  @hk.nameLike('zz')
  likeOther(): void {
    this.run('like_other');
  }
}

@hk.module()
class Conv2DLSTM extends Node {}

@hk.module()
class Base extends Node {
  override call(): void {
    this.run('base');
  }
}

@hk.module()
class Child extends Base {
  override call(): void {
    this.run('__call__');
  }
  @hk.transparent
  superCall(): void {
    super.call();
  }
}

const CLASSES = { Node, Conv2DLSTM, Child };

function callMethod(module: Callable, method: string): void {
  if (!(module instanceof Node)) module.call();
  else if (method === 'prop') void module.prop;
  else {
    const name =
      method === '__call__' ? 'call' : method.replace(/(?!^)_(.)/g, (_, c: string) => c.toUpperCase());
    (module as unknown as Record<string, () => void>)[name]();
  }
}

/** Runs `f` with modules of its own, which are forgotten afterwards. */
function withModules<R>(inner: Callable[], f: () => R): R {
  const outer = modules;
  modules = inner;
  try {
    return f();
  } finally {
    modules = outer;
  }
}

const zero = (): tf.Tensor => tf.scalar(0);

function wrap(kind: string, program: Program): void {
  const outer = [...modules];
  const body = <R>(result: R): R => {
    withModules([...outer], () => run(program));
    return result;
  };
  const wrappers: Record<string, () => unknown> = {
    vmap: () => hk.vmap((x: tf.Tensor) => body(x), { splitRng: false })(tf.ones([2])),
    grad: () => hk.grad((x: tf.Tensor) => body(x))(tf.scalar(1)),
    cond: () =>
      hk.cond(
        true,
        () => body(1),
        () => body(2),
      ),
    remat: () => hk.remat(() => body(zero()))(),
    eval_shape: () => hk.evalShape(() => body(zero())),
    scan: () => hk.scan((c: tf.Tensor) => [body(c), null], zero(), null, { length: 2 }),
    fori: () => hk.foriLoop(0, 2, (_, v: tf.Tensor) => body(v), zero()),
  };
  wrappers[kind]();
}

function run(program: Program, module?: hk.Module): void {
  for (const [kind, ...args] of program) {
    const [first, second, third] = args;
    const options = { name: (second as string | null) ?? undefined };
    if (kind === 'param') hk.getParameter(first as string, [], { init: hk.initializers.randomNormal() });
    else if (kind === 'make')
      modules.push(new CLASSES[first as keyof typeof CLASSES](third as Spec, options));
    else if (kind === 'call') {
      if (modules.length > 0) callMethod(modules[(first as number) % modules.length], second as string);
    } else if (kind === 'scope') {
      const methodName =
        { __call__: 'call', __init__: 'constructor' }[second as string] ?? (second as string);
      hk.nameScope(first as string, () => run(third as Program, module), { methodName });
    } else if (kind === 'force') {
      modules.push(new Node(second as Spec, { name: hk.forceName(first as string) }));
    } else if (kind === 'to_module') {
      const my_function = (): void => run(second as Program);
      modules.push(new (hk.toModule(my_function))((first as string | null) ?? undefined));
    } else if (kind === 'deferred') {
      const [name, spec] = [(first as string | null) ?? undefined, second as Spec];
      modules.push(new hk.Deferred(() => new Node(spec, { name })));
    } else if (kind === 'lift') {
      const [name, transparent, allowReuse, inside] = args as [string, boolean, boolean, Program];
      const { init } = hk.transform(() => withModules([], () => run(inside)));
      const lifted = transparent
        ? hk.transparentLift(init, { allowReuse })
        : hk.lift(init, { allowReuse, name });
      lifted(hk.nextRngKey());
    } else if (kind === 'wrap') wrap(first as string, second as Program);
    else (module as Child).superCall();
  }
}

describe('names of random programs', () => {
  cases.forEach(({ program, params, error }, i) => {
    it(`${i} ${error === undefined ? 'are those of Haiku' : `are refused (${error})`}`, () => {
      modules = [];
      const { init } = hk.transform(() => run(program));
      if (params === undefined) {
        expect(errorCode(() => hk.tree.dispose(init(42)))).to.be.a('string');
        return;
      }
      const made = init(42);
      const found = Object.entries(made).flatMap(([module, entries]) =>
        Object.entries(entries).map(([name, value]) => {
          const [bits] = new Uint32Array((value.dataSync() as Float32Array).slice().buffer);
          return [module, name, bits];
        }),
      );
      hk.tree.dispose(made);
      // What goes through a wrapper of JAX comes back with sorted names.
      const ordered = !/"(wrap|lift)"/.test(JSON.stringify(program));
      if (ordered) expect(found).to.deep.equal(params);
      else expect(found).to.have.deep.members(params as unknown as unknown[]);
    });
  });
});
