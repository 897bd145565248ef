import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

const { constant } = hk.initializers;

/** Adds 1 to the state of its layer and multiplies by a parameter. */
function counting(x: tf.Tensor): tf.Tensor {
  const count = hk.getState('count', [], { init: constant(0) });
  hk.setState('count', tf.add(count, 1));
  return tf.mul(x, hk.getParameter('w', [], { init: constant(2) }));
}

function mapping(
  stackedToFlat: (name: string, index: number) => string,
  flatToStacked: (name: string) => readonly [string, number] | null,
): hk.LayerStackTransparencyMapping {
  return { stackedToFlat, flatToStacked };
}

const plain = mapping(
  (name, i) => name.replace('~', `layer_${i}`),
  (name) => (name.startsWith('layer_') ? ['~', Number(name.slice(6))] : null),
);

function transparent(map: hk.LayerStackTransparencyMapping, layers = 2) {
  return hk.transformWithState((x: tf.Tensor) => {
    hk.getParameter('other', [], { init: constant(0) });
    return hk.layerStack(layers, { transparent: true, transparencyMap: map })(counting)(x);
  });
}

function refusal(map: hk.LayerStackTransparencyMapping): string {
  const x = tf.scalar(1);
  try {
    const made = transparent(map).init(0, x);
    hk.tree.dispose(made);
    return 'none';
  } catch (error) {
    expect((error as hk.TankaError).code).to.equal('layer-stack-map');
    return (error as Error).message;
  } finally {
    x.dispose();
  }
}

describe('transparent layer stacks', () => {
  it('keep state by layer as well, beside modules that are not of the stack', () => {
    const model = transparent(plain);
    const x = tf.scalar(3);
    const [params, state] = model.init(0, x);
    expect(Object.keys(params)).to.deep.equal(['~', 'layer_0', 'layer_1']);
    expect(Object.keys(state)).to.deep.equal(['layer_0', 'layer_1']);
    expect(values(state.layer_1.count), 'of the first update').to.deep.equal([1]);
    const [y, after] = model.apply(params, state, null, x);
    expect(values(y)).to.deep.equal([12]);
    expect(after.layer_0.count.shape).to.deep.equal([]);
    expect([values(after.layer_0.count), values(after.layer_1.count)]).to.deep.equal([[2], [2]]);
    hk.tree.dispose([x, params, state, y, after]);
  });

  it('refuse a map that gives two modules one name, or one place, or too few', () => {
    const place = plain.flatToStacked;
    expect(refusal(mapping((name) => name.replace('~', 'layer_0'), place))).to.match(
      /two modules of the stack are both called 'layer_0'/,
    );
    expect(refusal(mapping(plain.stackedToFlat, (name) => place(name) && ['~', 0]))).to.match(
      /two modules are both layer 0 of '~'/,
    );
    expect(refusal(mapping(plain.stackedToFlat, (name) => (name === 'layer_1' ? ['~', 1] : null)))).to.match(
      /'~\/w' has not 2 layers/,
    );
  });

  it('tell the layer the direction only when asked to', () => {
    const given: number[] = [];
    const layer = (x: tf.Tensor, ...more: unknown[]): tf.Tensor => {
      given.push(more.length);
      return x;
    };
    const x = tf.scalar(1);
    const model = hk.transform((v: tf.Tensor) => hk.layerStack(2)(layer)(v));
    const y = model.apply({}, null, x);
    expect(new Set(given)).to.deep.equal(new Set([0]));
    hk.tree.dispose([x, y]);
  });
});

describe('lifts', () => {
  const inner = hk.transform(() => hk.getParameter('w', [], { init: constant(1) }));
  const withState = hk.transformWithState(() => hk.getParameter('w', [], { init: constant(1) }));

  it('share nothing unless told so', () => {
    const twice = (lifted: () => unknown) => () => {
      lifted();
      lifted();
    };
    const codes = [
      () => twice(hk.lift(() => inner.init(0))),
      () => {
        const [lifted, updater] = hk.liftWithState(() => withState.init(0));
        updater.ignoreUpdate();
        return twice(lifted);
      },
      () => twice(hk.transparentLift(() => inner.init(0))),
      () => {
        const [lifted, updater] = hk.transparentLiftWithState(() => withState.init(0));
        updater.ignoreUpdate();
        return twice(lifted);
      },
    ].map((make) => errorCode(() => hk.transformWithState(() => make()()).init(0)));
    expect(codes).to.deep.equal(codes.map(() => 'lift-key-exists'));
  });

  it('name the function to use instead for an init with state', () => {
    const wrong = withState.init as unknown as (rng: number) => hk.Params;
    expect(() => hk.transform(() => hk.lift(wrong)(0)).init(0)).to.throw(/hk\.liftWithState/);
  });

  it('updaters keep what the state was first', () => {
    const counted = hk.transformWithState(() => {
      const count = hk.getState('count', [], { init: constant(0) });
      hk.setState('count', tf.add(count, 1));
    });
    const outer = hk.transformWithState(() => {
      const [lifted, updater] = hk.liftWithState(counted.init);
      const [params, state] = lifted(null);
      updater.update(counted.apply(params, state, null)[1]);
    });
    const [params, state] = outer.init(null);
    expect(values(state['lifted/~'].count)).to.deep.equal([0]);
    const [, after] = outer.apply(params, state, null);
    expect(values(after['lifted/~'].count)).to.deep.equal([1]);
    hk.tree.dispose([params, state, after]);
  });
});
