import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';

const { constant } = hk.initializers;

@hk.module()
class E extends hk.Module {}

/** A module with one parameter. */
@hk.module()
class S extends hk.Module {
  call(): tf.Tensor {
    return hk.getParameter('w', [], { init: constant(1) });
  }
}

/** Full names of modules of class `E` made one after the other with the given `name` options. */
function namesOf(...names: (string | undefined)[]): string[] {
  const made: string[] = [];
  hk.transform(() => {
    for (const name of names) made.push(new E({ name }).moduleName);
  }).init(null);
  return made;
}

/** Names of the modules that own the parameters which `f` makes. */
function owners(f: () => unknown): string[] {
  const params = hk.transform(() => void f()).init(0);
  hk.tree.dispose(params);
  return Object.keys(params);
}

describe('Haiku intents E: names', () => {
  const table: [names: (string | undefined)[], expected: string[]][] = [
    [
      [undefined, undefined, undefined],
      ['e', 'e_1', 'e_2'],
    ],
    [
      ['foo', 'foo', 'foo'],
      ['foo', 'foo_1', 'foo_2'],
    ],
    [
      ['foo_1', 'foo'],
      ['foo_1', 'foo_2'],
    ],
    [
      ['foo', 'foo_1'],
      ['foo', 'foo_1'],
    ],
    [
      ['foo_0', 'foo'],
      ['foo_0', 'foo_1'],
    ],
    [
      ['foo', 'foo_0'],
      ['foo', 'foo_0'],
    ],
    [
      ['foo_10', 'foo_2', 'foo'],
      ['foo_10', 'foo_2', 'foo_11'],
    ],
    [
      ['foo_3', 'foo', 'foo'],
      ['foo_3', 'foo_4', 'foo_5'],
    ],
    [
      ['foo_007', 'foo_007', 'foo'],
      ['foo_007', 'foo_007_1', 'foo'],
    ],
    [
      ['foo2', 'foo2'],
      ['foo2', 'foo2_1'],
    ],
    [
      ['_x', 'X', 'x', 'class', 'constructor', '__proto__'],
      ['_x', 'X', 'x', 'class', 'constructor', '__proto__'],
    ],
  ];
  for (const [names, expected] of table) {
    it(`E1 numbers ${String(names)} among siblings`, () => expect(namesOf(...names)).to.deep.equal(expected));
  }

  it('E2 counts on after numbers that went down', () => {
    const names = Array.from({ length: 10 }, (_, i) => `foo_${10 - i}`);
    expect(namesOf(...names, 'foo').pop()).to.equal('foo_11');
  });

  for (const names of [
    ['foo_1', 'foo_1'],
    ['foo', 'foo', 'foo_1'],
    ['foo_', 'foo_', 'foo__1'],
  ]) {
    it(`E1 refuses ${String(names)}, which collide`, () =>
      expect(errorCode(() => namesOf(...names))).to.equal('module-name-not-unique'));
  }

  for (const name of ['1bad', 'a-b', 'a/b', '', '~', 'a b', 'é', 'a.b', 'a:b', '/a', 'a~b', 3 as never]) {
    it(`E4 refuses the name '${name}'`, () =>
      expect(errorCode(() => namesOf(name))).to.equal('module-name-invalid'));
  }

  it('E1 names come from the class name by the rule of Haiku', () => {
    const named = (name: string): string => {
      const cls = hk.module()({ [name]: class extends hk.Module {} }[name]);
      let made = '';
      hk.transform(() => void (made = new cls().moduleName)).init(null);
      return made;
    };
    const expected = {
      Linear: 'linear',
      Conv2D: 'conv2_d',
      Conv2DLSTM: 'conv2_dlstm',
      Conv1DTranspose: 'conv1_d_transpose',
      ConvND: 'conv_nd',
      LSTM: 'lstm',
      VanillaRNN: 'vanilla_rnn',
      ResNet50: 'res_net50',
      RMSNorm: 'rms_norm',
      MyHTTPServer2: 'my_http_server2',
      GPT2Model: 'gpt2_model',
      ABc: 'a_bc',
      aB: 'a_b',
      X1Y2: 'x1_y2',
      Foo_Bar: 'foo__bar',
      _DeepRNN: '__deep_rnn',
    };
    for (const [cls, name] of Object.entries(expected)) expect(named(cls)).to.equal(name);
    expect(errorCode(() => named('ÜberNet'))).to.equal('module-name-invalid');
  });

  it('E3 names tell constructor, call and other methods apart, E16 transparent methods add nothing', () => {
    @hk.module()
    class Outer extends hk.Module {
      readonly made = new S();
      call(): void {
        this.made.call();
        new S().call();
        new S().call();
        this.feedForward();
        this.feedForward();
        this.helper();
        this.hidden();
        void this.prop;
        Outer.fixed();
        this.arrow();
      }
      feedForward(): void {
        new S().call();
        new S({ name: 'q' }).call();
      }
      @hk.transparent
      helper(): void {
        new S({ name: 'h' }).call();
      }
      private hidden(): void {
        new S().call();
      }
      get prop(): tf.Tensor {
        return new S({ name: 'p' }).call();
      }
      static fixed(): void {
        new S({ name: 'fixed' }).call();
      }
      readonly arrow = (): void => void new S({ name: 'arrow' }).call();
    }
    expect(owners(() => [new Outer().call(), new Outer().feedForward()])).to.deep.equal([
      'outer/~/s',
      'outer/s',
      'outer/s_1',
      'outer/~feed_forward/s',
      'outer/~feed_forward/q',
      'outer/h',
      'outer/~hidden/s',
      'outer/~prop/p',
      'outer/fixed',
      'outer/arrow',
      'outer_1/~feed_forward/s',
      'outer_1/~feed_forward/q',
    ]);
  });

  it('E3 names start again in each call: repeated calls, recursion and super share', () => {
    @hk.module()
    class A extends hk.Module {
      call(n = 0): void {
        new S().call();
        if (n > 0) this.call(n - 1);
      }
    }
    @hk.module()
    class B extends A {
      override call(): void {
        super.call();
        new S().call();
      }
    }
    expect(owners(() => new B().call())).to.deep.equal(['b/s']);
    expect(owners(() => new A().call(3))).to.deep.equal(['a/s']);
    expect(owners(() => [1, 2].map(() => new A().call()))).to.deep.equal(['a/s', 'a_1/s']);
  });

  it('E3 names belong to the place of making: layers of a Sequential, lambdas, shared instances', () => {
    const x = tf.ones([1, 2]);
    expect(owners(() => new hk.Sequential([new hk.Linear(2), new hk.Linear(2)]).call(x))).to.deep.equal([
      'linear',
      'linear_1',
    ]);
    expect(
      owners(() => new hk.Sequential([(y: tf.Tensor) => new hk.Linear(2).call(y)]).call(x)),
    ).to.deep.equal(['sequential/linear']);
    @hk.module()
    class Holder extends hk.Module {
      constructor(readonly inner: S) {
        super();
      }
      call(): tf.Tensor {
        return this.inner.call();
      }
    }
    expect(owners(() => new Holder(new S()).call())).to.deep.equal(['s']);
    x.dispose();
  });

  it('E10 names follow nameLike', () => {
    @hk.module()
    class N extends hk.Module {
      @hk.nameLike('call')
      enc(): void {
        new S().call();
      }
      @hk.nameLike('zz')
      dec(): void {
        new S().call();
      }
    }
    expect(owners(() => [new N().enc(), new N({ name: 'n' }).dec()])).to.deep.equal(['n/s', 'n_1/~zz/s']);
  });

  it('E9 names follow scopes, whose names are taken even when they make nothing', () => {
    expect(
      owners(() => {
        hk.nameScope('a', () => [new S().call(), hk.getParameter('w', [], { init: constant(0) })]);
        hk.nameScope('a', () => new S().call());
        hk.nameScope('b/c', () => new S().call());
        hk.nameScope('b', () => new S().call());
        hk.nameScope('m', () => new S().call(), { methodName: 'enc' });
        hk.nameScope('i', () => new S().call(), { methodName: 'constructor' });
        hk.nameScope('s', () => undefined);
        new S().call();
      }),
    ).to.deep.equal(['a/s', 'a', 'a_1/s', 'b/c/s', 'b_1/s', 'm/~enc/s', 'i/~/s', 's_1']);
    for (const name of ['/a', '', 'a//b', 'a/', '~', null, 3]) {
      expect(errorCode(() => owners(() => hk.nameScope(name as string, () => 1)))).to.equal(
        'module-name-invalid',
      );
    }
    const names: string[] = [];
    owners(() => [names.push(hk.currentName()), hk.nameScope('a/b', () => names.push(hk.currentName()))]);
    expect(names).to.deep.equal(['~', 'a/b']);
  });

  it('E11 names can be forced', () => {
    expect(
      owners(() => {
        new S({ name: hk.forceName('foo') }).call();
        new S({ name: 'foo' }).call();
        new S({ name: hk.forceName('a/~/b') }).call();
        hk.nameScope(hk.forceName('x/~enc/y'), () => hk.getParameter('w', [], { init: constant(0) }));
        new S({ name: hk.forceName('bar_3') }).call();
        new S({ name: 'bar' }).call();
      }),
    ).to.deep.equal(['foo', 'foo_1', 'a/~/b', 'x/~enc/y', 'bar_3', 'bar_4']);
    for (const name of ['1a', '', 'a//b'])
      expect(errorCode(() => hk.forceName(name))).to.equal('module-name-invalid');
  });

  it('E3 names of functions and deferred modules are those of where they were made', () => {
    function encoder(): tf.Tensor {
      return new S().call();
    }
    expect(owners(() => new (hk.toModule(encoder))().call())).to.deep.equal(['encoder/s']);
    expect(owners(() => new (hk.toModule(encoder))('named').call())).to.deep.equal(['named/s']);
    expect(errorCode(() => owners(() => new (hk.toModule(() => 1))()))).to.equal('module-name-invalid');
    expect(errorCode(() => owners(() => new (hk.toModule(encoder))(3 as never)))).to.equal(
      'module-name-invalid',
    );
    @hk.module()
    class Outer extends hk.Module {
      readonly late = new hk.Deferred(() => new S());
      readonly later = new hk.Deferred(() => new S());
      call(): void {
        this.late.call();
        this.later.call();
        expect(this.late.moduleName).to.equal('outer/~/s');
        expect(this.late.target).to.be.instanceOf(S);
      }
    }
    expect(owners(() => new Outer().call())).to.deep.equal(['outer/~/s', 'outer/~/s_1']);
  });
});
