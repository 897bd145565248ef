import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import type { Equal, Expect } from '../support/types.js';
import { within } from '../support/within.js';

const { constant } = hk.initializers;
const one = { init: constant(1) };

@hk.module()
class E extends hk.Module {}

/** A module with one parameter. */
@hk.module()
class S extends hk.Module {
  call(): tf.Tensor {
    return hk.getParameter('w', [], one);
  }
}

/** Names of the modules that own the parameters which `f` makes. */
function owners(f: () => unknown): string[] {
  const params = hk.transform(() => void f()).init(0);
  hk.tree.dispose(params);
  return Object.keys(params);
}

/**
 * Modules. Not applicable in TypeScript: of E7 the hooks, which Haiku does not export (interceptors see the same calls); of E9 that a
 * scope is an object which can be entered twice; of E15 protocols, which are structural types; a `transparent` constructor.
 */
describe('Haiku intents E: modules', () => {
  it('are refused outside of transforms, without a decorator, and before super', () => {
    class Undecorated extends hk.Module {}
    expect(errorCode(() => new E())).to.equal('module-outside-transform');
    expect(errorCode(() => owners(() => new Undecorated()))).to.equal('module-not-decorated');
    expect(errorCode(() => hk.getParameter('w', []))).to.equal('outside-transform');
    @hk.module()
    class Hasty extends hk.Module {
      constructor() {
        hk.getParameter('w', [], { init: constant(0) });
        super();
      }
    }
    expect(errorCode(() => owners(() => new Hasty()))).to.equal('super-not-called');
    @hk.module()
    class Late extends hk.Module {
      async call(): Promise<number> {
        return Promise.reject(new Error('orphan'));
      }
    }
    expect(errorCode(() => owners(() => void new Late().call()))).to.equal('async-function');
  });

  it('E13 show their constructor call, without defaults', () => {
    const shown: string[] = [];
    owners(() => {
      shown.push(
        String(new hk.Linear(3)),
        String(new hk.Linear(3, { withBias: false })),
        String(new hk.Linear(3, { withBias: true, name: 'l' })),
        String(new E()),
      );
      shown.push(hk.config.context({ moduleAutoRepr: false }, () => String(new hk.Linear(3))));
    });
    expect(shown).to.deep.equal([
      'Linear({ outputSize: 3 })',
      'Linear({ outputSize: 3, withBias: false })',
      "Linear({ outputSize: 3, name: 'l' })",
      'E()',
      '<Linear>',
    ]);
  });

  it('E6 list their parameters, with those of modules called within', () => {
    @hk.module()
    class Outer extends hk.Module {
      constructor(private readonly shared: S) {
        super();
      }
      call(): void {
        this.shared.call();
        new S().call();
      }
    }
    let listed: string[] = [];
    owners(() => {
      const outer = new Outer(new S());
      outer.call();
      new S().call();
      listed = Object.keys(outer.paramsDict());
    });
    expect(listed).to.deep.equal(['s/w', 'outer/s/w']);
  });

  it('E8 are intercepted from the outermost in, with the class that defines the method, and may not be called at all', () => {
    const log: string[] = [];
    @hk.module()
    class A extends hk.Module {
      call(x: number): number {
        return x + 1;
      }
    }
    @hk.module()
    class B extends A {
      override call(x: number): number {
        return super.call(x) * 10;
      }
    }
    const watch =
      (tag: string): hk.Interceptor =>
      (next, args, context) => {
        log.push(
          `${tag} ${context.origClass.name}.${context.methodName} ${context.module instanceof B ? context.module.name : '?'}`,
        );
        return next(...args);
      };
    const run = (f: () => unknown): unknown => hk.transform(f).init(null);
    let result: unknown;
    run(() =>
      hk.interceptMethods(watch('1'), () =>
        hk.interceptMethods(watch('2'), () => (result = new B().call(1))),
      ),
    );
    expect(result).to.equal(20);
    expect(log).to.deep.equal([
      '1 B.constructor undefined',
      '2 B.constructor undefined',
      '1 B.call b',
      '2 B.call b',
      '1 A.call b',
      '2 A.call b',
    ]);
    run(() =>
      hk.interceptMethods(
        (next, args, { methodName }) => (methodName === 'call' ? 7 : next(...args)),
        () => (result = new B().call(1)),
      ),
    );
    expect(result).to.equal(7);
  });

  it('E5 may take an argument called module', () => {
    @hk.module()
    class Wrapping extends hk.Module {
      constructor(readonly module: S) {
        super();
      }
      call(module: S): tf.Tensor[] {
        return [this.module.call(), module.call()];
      }
    }
    expect(owners(() => new Wrapping(new S()).call(new S({ name: 't' })))).to.deep.equal(['s', 't']);
  });

  it('E6 list parameters and state of each instance, of captured modules and of those in captured functions', () => {
    @hk.module()
    class Counter extends hk.Module {
      call(): tf.Tensor {
        hk.setState('n', hk.getState('n', [], one));
        return hk.getParameter('w', [], one);
      }
    }
    @hk.module()
    class Calling extends hk.Module {
      constructor(private readonly f: () => tf.Tensor) {
        super();
      }
      call(): tf.Tensor {
        return this.f();
      }
    }
    within(() => {
      const [first, second] = [new Counter(), new Counter()];
      const calling = new Calling(() => second.call());
      first.call();
      expect(Object.keys(calling.paramsDict()), 'nothing before the call').to.deep.equal([]);
      calling.call();
      expect([first, second, calling].map((m) => Object.keys(m.paramsDict()))).to.deep.equal([
        ['counter/w'],
        ['counter_1/w'],
        ['counter_1/w'],
      ]);
      expect([first, calling].map((m) => Object.keys(m.stateDict()))).to.deep.equal([
        ['counter/n'],
        ['counter_1/n'],
      ]);
      expect(first.paramsDict()['counter/w']).to.equal(first.call());
    });
  });

  it('E7 calls are seen from beginning to end, inner ones within outer ones', () => {
    @hk.module()
    class Outer extends hk.Module {
      private readonly inner = new S();
      call(): tf.Tensor {
        return this.inner.call();
      }
    }
    const log: string[] = [];
    const watch: hk.Interceptor = (next, args, context) => {
      log.push(`enter ${context.methodName}`);
      const result = next(...args);
      // Only its constructor gives a module its name.
      log.push(`exit ${context.module.moduleName}.${context.methodName}`);
      return result;
    };
    owners(() => hk.interceptMethods(watch, () => new Outer().call()));
    expect(log).to.deep.equal([
      'enter constructor',
      'enter constructor',
      'exit outer/~/s.constructor',
      'exit outer.constructor',
      'enter call',
      'enter call',
      'exit outer/~/s.call',
      'exit outer.call',
    ]);
  });

  it('E8 tell an interceptor module, method, bound original and class', () => {
    const seen: unknown[] = [];
    within(() => {
      const s = new S();
      const w = s.call();
      hk.interceptMethods(
        (_, args, { module, methodName, origMethod, origClass }) => {
          seen.push(module === s, methodName, origClass === S);
          return tf.add(origMethod(...args) as tf.Tensor, 1);
        },
        () => seen.push((s.call().dataSync()[0] as number) - (w.dataSync()[0] as number)),
      );
    });
    expect(seen).to.deep.equal([true, 'call', true, 1]);
  });

  it('E9 a name scope ends with its function, also by an error', () => {
    expect(
      owners(() => {
        expect(() =>
          hk.nameScope('a', () => {
            throw new Error('on purpose');
          }),
        ).to.throw('on purpose');
        new S().call();
        hk.nameScope('a', () => new S().call());
      }),
    ).to.deep.equal(['s', 'a_1/s']);
  });

  it('E10 nameLike makes methods share names, and so parameters', () => {
    @hk.module()
    class Net extends hk.Module {
      call(): tf.Tensor {
        return new S().call();
      }
      @hk.nameLike('call')
      again(): tf.Tensor {
        return new S().call();
      }
    }
    const methods: string[] = [];
    const shared = owners(() =>
      hk.interceptMethods(
        (next, args, { methodName }) => (methods.push(methodName), next(...args)),
        () => {
          const net = new Net();
          expect(net.call()).to.equal(net.again());
        },
      ),
    );
    expect(shared).to.deep.equal(['net/s']);
    expect(
      methods.filter((name) => name !== 'call'),
      'interceptors see the true name',
    ).to.deep.equal(['constructor', 'constructor', 'again', 'constructor']);
  });

  it('E11 forced names share parameters, within modules and scopes too', () => {
    const shared = { name: hk.forceName('shared') };
    @hk.module()
    class Holder extends hk.Module {
      call(): tf.Tensor {
        return new S(shared).call();
      }
    }
    expect(
      owners(() => {
        const w = new Holder().call();
        expect(hk.nameScope('scope', () => new S(shared).call())).to.equal(w);
        expect(new S(shared).call()).to.equal(w);
        new S({ name: 'shared' }).call();
      }),
    ).to.deep.equal(['shared', 'shared_1']);
  });

  it('E12 have parameter properties, with a name or without', () => {
    @hk.module()
    class DM extends hk.Module {
      constructor(
        readonly width: number,
        readonly options: hk.ModuleOptions = {},
      ) {
        super(options);
      }
    }
    within(() => {
      const made = [new DM(3), new DM(3), new DM(4, { name: 'fixed' }), new DM(4, { name: 'fixed' })];
      expect(made.map(({ moduleName }) => moduleName)).to.deep.equal(['dm', 'dm_1', 'fixed', 'fixed_1']);
      expect(made.map(({ width }) => width)).to.deep.equal([3, 3, 4, 4]);
    });
  });

  it('E13 show no arguments where the class or the setting says so', () => {
    @hk.module()
    class Quiet extends hk.Module {
      static override autoRepr = false;
      constructor(readonly secret: string) {
        super();
      }
    }
    within(() => {
      expect(String(new Quiet('x'))).to.equal('<Quiet>');
      const before = hk.experimental.moduleAutoRepr(false);
      expect([before, String(new E())]).to.deep.equal([true, '<E>']);
      expect(hk.experimental.moduleAutoRepr(true)).to.equal(false);
    });
  });

  it('E14 keep the signature, the statics and the identity of the class', () => {
    class Plain extends hk.Module {
      static readonly answer = 42;
      constructor(
        readonly a: number,
        readonly b: string,
      ) {
        super();
      }
    }
    const Decorated = hk.module()(Plain);
    const types: Expect<Equal<ConstructorParameters<typeof Decorated>, [a: number, b: string]>> = true;
    expect(types).to.equal(true);
    expect([Decorated.length, Decorated.name, Decorated.answer]).to.deep.equal([2, 'Plain', 42]);
    within(() => {
      const made = new Decorated(1, 'x');
      expect(made).to.be.instanceOf(Plain).and.instanceOf(Decorated).and.instanceOf(hk.Module);
      expect(made.constructor).to.equal(Decorated);
    });
  });

  it('E15 may be abstract: with a decorator or without, in the types and in the names', () => {
    @hk.module()
    abstract class Core extends hk.Module {
      abstract step(): tf.Tensor;
      call(): tf.Tensor[] {
        return [this.step(), this.twice()];
      }
      twice(): tf.Tensor {
        return new S().call();
      }
    }
    abstract class Bare extends Core {
      enc(): tf.Tensor {
        return new S().call();
      }
    }
    @hk.module()
    class Real extends Bare {
      step(): tf.Tensor {
        return new S().call();
      }
    }
    const abstractTypes: Expect<Equal<typeof Core extends new () => unknown ? true : false, false>> = true;
    expect(abstractTypes).to.equal(true);
    expect(
      owners(() => {
        const real = new Real();
        real.call();
        real.enc();
        // @ts-expect-error an abstract class cannot be instantiated; at run time it is like any other
        expect(new Core()).to.be.instanceOf(Core);
      }),
    ).to.deep.equal(['real/~step/s', 'real/~twice/s', 'real/~enc/s']);
  });

  it('E16 a transparent call leaves parameters and submodules to the caller', () => {
    @hk.module()
    class Clear extends hk.Module {
      @hk.transparent
      call(): tf.Tensor[] {
        return [hk.getParameter('w', [], one), new S().call()];
      }
    }
    @hk.module()
    class Outer extends hk.Module {
      call(): tf.Tensor[] {
        return new Clear().call();
      }
    }
    const intercepted: string[] = [];
    expect(
      owners(() =>
        hk.interceptMethods(
          (next, args, { methodName, origClass }) => {
            if (origClass === Clear) intercepted.push(methodName);
            return next(...args);
          },
          () => [new Clear().call(), new Outer().call()],
        ),
      ),
    ).to.deep.equal(['~', 's', 'outer', 'outer/s']);
    expect(intercepted).to.deep.equal(['constructor', 'constructor']);
  });

  it('E17 can be called again and again, from anywhere in the same run', () => {
    expect(
      owners(() => {
        const s = new S();
        const w = s.call();
        hk.nameScope('scope', () => expect(s.call()).to.equal(w));
        hk.grad((x: tf.Tensor) => tf.mul(x, s.call()))(tf.scalar(1));
        expect(s.call()).to.equal(w);
      }),
    ).to.deep.equal(['s']);
  });
});
