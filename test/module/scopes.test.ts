import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { DO_NOT_STORE } from '../../src/module/creators.js';
import { stacksInForce } from '../../src/module/scoped-stack.js';
import { errorCode } from '../support/errors.js';
import { within } from '../support/within.js';

const { constant } = hk.initializers;
const one = { init: constant(1) };

@hk.module()
class Leaf extends hk.Module {
  call(): tf.Tensor {
    hk.setState('s', hk.getState('s', [], one));
    return hk.getParameter('w', [], one);
  }
}

describe('paramsDict and stateDict', () => {
  it('hold what other modules made when they were called or made in a method, and nothing else', () => {
    @hk.module()
    class Outer extends hk.Module {
      readonly own = new Leaf({ name: 'own' });
      constructor(private readonly given: Leaf) {
        super();
      }
      call(): void {
        this.own.call();
        this.given.call();
      }
    }
    const [params, state] = within(() => {
      const given = new Leaf({ name: 'given' });
      new Leaf({ name: 'outer_other' }).call();
      const outer = new Outer(given);
      expect(outer.paramsDict()).to.deep.equal({});
      outer.call();
      return [outer.paramsDict(), outer.stateDict()].map((dict) => Object.keys(dict));
    });
    expect(params).to.have.members(['outer/~/own/w', 'given/w']);
    expect(state).to.have.members(['outer/~/own/s', 'given/s']);
  });

  it('hold what was called several methods down, of all that called it', () => {
    @hk.module()
    class Middle extends hk.Module {
      constructor(private readonly inner: Leaf) {
        super();
      }
      call(): void {
        this.inner.call();
      }
    }
    @hk.module()
    class Top extends hk.Module {
      constructor(private readonly middle: Middle) {
        super();
      }
      call(): void {
        this.again();
        new Leaf({ name: 'made' });
      }
      again(): void {
        this.middle.call();
      }
    }
    const keys = within(() => {
      const middle = new Middle(new Leaf());
      const top = new Top(middle);
      top.call();
      return [top, middle].map((module) => Object.keys(module.paramsDict()));
    });
    expect(keys).to.deep.equal([['leaf/w'], ['leaf/w']]);
  });

  it('say in their error which of them was used outside', () => {
    const leaf = within(() => new Leaf());
    expect(() => leaf.paramsDict()).to.throw('Module.paramsDict');
    expect(() => leaf.stateDict()).to.throw('Module.stateDict');
    expect(() => hk.getState('s')).to.throw('hk.getState');
  });
});

describe('decorated methods', () => {
  it('keep name and length', () => {
    @hk.module()
    class Shaped extends hk.Module {
      constructor(a: number, b: number) {
        super();
        void a;
        void b;
      }
      call(x: number, y: number, z: number): number {
        return x + y + z;
      }
    }
    const call: unknown = Reflect.get(Shaped.prototype, 'call');
    expect(call).to.include({ name: 'call', length: 3 });
    expect(Shaped).to.include({ name: 'Shaped', length: 2 });
    for (const [of, key] of [
      [call as object, 'name'],
      [call as object, 'length'],
      [Shaped, 'length'],
    ] as const) {
      expect(Object.getOwnPropertyDescriptor(of, key)).to.include({ configurable: true, writable: false });
    }
  });

  it('as accessors: transparent for getter and setter', () => {
    @hk.module()
    class Accessors extends hk.Module {
      @hk.transparent
      get value(): tf.Tensor {
        return new Leaf({ name: 'got' }).call();
      }
      @hk.transparent
      set other(_: unknown) {
        new Leaf({ name: 'set' }).call();
      }
    }
    const model = hk.transformWithState(() => {
      const accessors = new Accessors();
      void accessors.value;
      accessors.other = 1;
    });
    const [made, state] = model.init(0);
    hk.tree.dispose([made, state]);
    expect(Object.keys(made)).to.deep.equal(['got', 'set']);
  });

  it('conversions open no scope and are not watched', () => {
    @hk.module()
    class Converted extends hk.Module {
      override toString(): string {
        return 'text';
      }
      toJSON(): string {
        return 'json';
      }
      override toLocaleString(): string {
        return 'local';
      }
      override valueOf(): number {
        return 1;
      }
    }
    const seen: string[] = [];
    within(() => {
      const module = new Converted();
      hk.interceptMethods(
        (next, args, context) => {
          seen.push(context.methodName);
          return next(...args);
        },
        () => [String(module), JSON.stringify(module), module.toLocaleString(), module.valueOf()],
      );
    });
    expect(seen).to.deep.equal([]);
  });
});

describe('Deferred', () => {
  it('has its methods at once, and all of the module once it is there', () => {
    within(() => {
      const deferred = new hk.Deferred(() => new hk.Linear(3), ['call', 'target']);
      expect('call' in deferred).to.equal(true);
      expect('name' in deferred).to.equal(false);
      expect(deferred.name).to.equal(undefined);
      expect((deferred as unknown as Record<symbol, unknown>)[Symbol.iterator]).to.equal(undefined);
      expect(deferred.target.name).to.equal('linear');
      expect('name' in deferred).to.equal(true);
      expect('nothing' in deferred).to.equal(false);
      expect(deferred.constructor).to.equal(hk.Linear);
    });
  });

  it('properties are set and deleted where they are, before and after', () => {
    within(() => {
      const deferred = new hk.Deferred(() => new hk.Linear(3));
      const loose = deferred as { mark?: number };
      loose.mark = 1;
      expect('mark' in deferred).to.equal(true);
      delete loose.mark;
      expect('mark' in deferred).to.equal(false);
      void deferred.target;
      loose.mark = 2;
      expect((deferred.target as { mark?: number }).mark).to.equal(2);
      delete loose.mark;
      expect('mark' in deferred.target).to.equal(false);
    });
  });

  it('methods taken from it keep their module', () => {
    within(() => {
      const deferred = new hk.Deferred(() => new Leaf());
      void deferred.target;
      const call = Reflect.get(deferred, 'call') as () => tf.Tensor;
      expect(call()).to.be.an.instanceOf(tf.Tensor);
    });
  });
});

describe('names that are refused', () => {
  it('scopes from the root, with the reason', () => {
    expect(() => within(() => hk.nameScope('/a', () => 0))).to.throw(/'\/a' begins with '\/'.*hk\.forceName/);
    expect(errorCode(() => within(() => hk.nameScope('a/', () => 0)))).to.equal('module-name-invalid');
  });

  it('of hk.toModule, when the arguments of the function come instead', () => {
    const Made = hk.toModule(function twice(x: number) {
      return 2 * x;
    }) as unknown as new (name: unknown) => hk.Module;
    expect(() => within(() => new Made(3))).to.throw('takes a name, but got 3');
    expect(within(() => new Made(hk.forceName('a/b')).moduleName)).to.equal('a/b');
    expect(within(() => new Made('c').moduleName)).to.equal('c');
  });

  it('of forced names that are no strings', () => {
    expect(errorCode(() => hk.forceName(3 as unknown as string))).to.equal('module-name-invalid');
    expect(String(hk.forceName('a/~/b'))).to.equal('a/~/b');
  });
});

describe('state that is not stored', () => {
  it('leaves no empty entry of its module', () => {
    const model = hk.transformWithState(() =>
      hk.customCreator(
        () => DO_NOT_STORE as unknown as tf.Tensor,
        () => {
          try {
            return hk.getState('s', [], one);
          } catch (error) {
            return (error as hk.TankaError).message;
          }
        },
        { params: false, state: true },
      ),
    );
    const [, state] = model.init(0);
    expect(state).to.deep.equal({});
  });

  it('as a setter says', () => {
    const model = hk.transformWithState(() => {
      hk.setState('kept', tf.scalar(1));
      hk.customSetter(
        () => DO_NOT_STORE as unknown as tf.Tensor,
        () => {
          hk.setState('dropped', tf.scalar(2));
          hk.nameScope('other', () => {
            hk.setState('dropped', tf.scalar(3));
          });
        },
      );
    });
    const [params, state] = tf.tidy(() => {
      const made = model.init(0);
      return [made[0], made[1]];
    });
    expect(Object.entries(state).map(([bundle, entries]) => [bundle, Object.keys(entries)])).to.deep.equal([
      ['~', ['kept']],
    ]);
    hk.tree.dispose([params, state]);
  });
});

describe('stacks of settings in force', () => {
  it('grow within a scope and are empty after it', () => {
    const before = stacksInForce();
    expect(before.every((length) => length === 0)).to.equal(true);
    const during = within(() =>
      hk.customGetter((next, value) => next(value), stacksInForce, { params: true, state: false }),
    );
    expect(during.filter((length) => length === 1)).to.have.lengthOf(1);
    expect(stacksInForce()).to.deep.equal(before);
  });
});
