import { inspect } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { getChannelIndex } from '../../src/nn/channel-index.js';
import { formatArray, formatBytes, formatCount } from '../../src/tree/format.js';
import { errorCode } from '../support/errors.js';

const ones = { init: hk.initializers.constant(1) };
const spec = (shape: number[]) => ({ shape, dtype: 'float32' as const });

@hk.module()
class Many extends hk.Module {
  call(x: tf.Tensor): tf.Tensor {
    for (const [name, size] of Object.entries({ a: 1, b: 2, c: 2, d: 3 }))
      hk.getParameter(name, [size], ones);
    return this.twice(x);
  }
  twice(x: tf.Tensor): tf.Tensor {
    return tf.mul(x, 2);
  }
  silent(): void {
    hk.getParameter('a', [1], ones);
  }
}

const mlp = hk.transform((x: tf.Tensor) => new hk.nets.MLP([300, 100, 10]).call(x));

describe('Haiku intents I: summaries', () => {
  it('I5 there is an invocation for each method call, outer ones first, none for constructors', () => {
    const calls = hk.evalSummary((x: tf.Tensor) => {
      const many = new Many();
      many.silent();
      return many.call(x);
    })(spec([4]));
    expect(calls.map(({ moduleDetails }) => moduleDetails.methodName)).to.deep.equal([
      'silent',
      'call',
      'twice',
    ]);
    const [, call, twice] = calls;
    expect(call.callStack).to.have.length(1);
    expect(twice.callStack.map(({ methodName }) => methodName)).to.deep.equal(['twice', 'call']);
    expect(twice.context.methodName).to.equal('twice');
    expect([twice.argsSpec, twice.outputSpec].map(String)).to.deep.equal(['f32[4]', 'f32[4]']);
    expect(Object.keys(call.moduleDetails.params)).to.deep.equal(['many/a', 'many/b', 'many/c', 'many/d']);
    expect(String(call.moduleDetails.params['many/d'])).to.equal('f32[3]');
  });

  it('I5 the table is that of Haiku, but for the constructor call', () => {
    const table = hk.tabulate(mlp)(spec([8, 784]));
    expect(table.split('\n').slice(0, 6)).to.deep.equal([
      '+-------------------------+-----------------------------------------------+-----------------+------------+------------+---------------+---------------+',
      '| Module                  | Config                                        | Module params   | Input      | Output     |   Param count |   Param bytes |',
      '+=========================+===============================================+=================+============+============+===============+===============+',
      '| mlp (MLP)               | MLP({ outputSizes: [300, 100, 10] })          |                 | f32[8,784] | f32[8,10]  |       266,610 |       1.07 MB |',
      '+-------------------------+-----------------------------------------------+-----------------+------------+------------+---------------+---------------+',
      "| mlp/~/linear_0 (Linear) | Linear({ outputSize: 300, name: 'linear_0' }) | w: f32[784,300] | f32[8,784] | f32[8,300] |       235,500 |     942.00 KB |",
    ]);
    expect(table).to.include('\n|  └ mlp (MLP)            |');
  });

  it('I5 columns and filters choose; rows are data', () => {
    const f = (x: tf.Tensor): tf.Tensor => {
      const many = new Many();
      many.silent();
      return new hk.Flatten().call(many.call(x));
    };
    const methods = (filters: readonly hk.SummaryFilter[]) =>
      hk
        .tabulate(f, { columns: ['module'], filters, format: 'rows' })(spec([2, 3]))
        .map(({ module }) => module?.[0]);
    expect(methods([])).to.deep.equal([
      'many (Many.silent)',
      'many (Many)',
      'many (Many.twice)',
      'flatten (Flatten)',
    ]);
    expect(methods(['has_output'])).to.deep.equal(['many (Many)', 'many (Many.twice)', 'flatten (Flatten)']);
    expect(methods(['has_params', 'has_output'])).to.deep.equal(['many (Many)', 'many (Many.twice)']);
    const [first] = hk
      .tabulate(f, { columns: ['owned_params', 'params_size'] })(spec([2, 3]))
      .split('\n')
      .slice(3);
    expect(first).to.match(/d: f32\[3\] +\| +8 \|/);
    const [{ owned_params: owned }] = hk.tabulate(f, { columns: ['owned_params'], format: 'rows' })(
      spec([2, 3]),
    );
    expect(Object.entries(owned ?? {}).map(([name, own]) => `${name}: ${String(own)}`)).to.deep.equal([
      'd: f32[3]',
      'b: f32[2]',
      'c: f32[2]',
      'a: f32[1]',
    ]);
    expect(hk.tabulate(() => 1)()).to.equal('No modules matching filters.');
    expect(errorCode(() => hk.tabulate(f, { columns: ['z' as 'module'] }))).to.equal(
      'summary-option-invalid',
    );
    expect(errorCode(() => hk.tabulate(f, { filters: ['z' as 'has_output'] }))).to.equal(
      'summary-option-invalid',
    );
  });

  it('I5 counts operations and bytes moved, with those of the modules within', () => {
    const columns = ['flops', 'moved_bytes'] as const;
    const [all, ...layers] = hk.tabulate(mlp, { columns, format: 'rows' })(spec([8, 784]));
    const products = [784 * 300, 300 * 100, 100 * 10].map((weights) => 2 * 8 * weights);
    const biases = [300, 100, 10].map((size) => 8 * size);
    expect(layers.map(({ flops }) => flops)).to.deep.equal(products.map((n, i) => n + biases[i]));
    const relus = biases[0] + biases[1];
    expect(all.flops).to.equal([...products, ...biases, relus].reduce((a, b) => a + b, 0));
    const [{ moved_bytes: moved }] = layers;
    expect(moved).to.equal(4 * (8 * 784 + 784 * 300 + 8 * 300 + (8 * 300 + 300 + 8 * 300)));
    const conv = (x: tf.Tensor4D): tf.Tensor => new hk.Conv2D(5, 3, { withBias: false }).call(x);
    const [{ flops }] = hk.tabulate(conv, { columns, format: 'rows' })(spec([2, 8, 8, 3]));
    expect(flops).to.equal(2 * (2 * 8 * 8 * 5) * (3 * 3 * 3));
  });

  it('I5 takes pairs, functions of pairs and plain functions, draws nothing and keeps nothing', () => {
    const before = tf.memory().numTensors;
    const x = spec([1, 784]);
    const tables = [mlp, hk.withEmptyState(mlp), hk.withoutApplyRng(mlp)].map((pair) => hk.tabulate(pair)(x));
    expect(new Set(tables).size).to.equal(1);
    expect((hk.tabulate(mlp.apply) as unknown as (x: unknown) => string)(x)).to.equal(tables[0]);
    expect(tf.memory().numTensors).to.equal(before);
    const drawing = hk.transformWithState((y: tf.Tensor) => {
      const z = new hk.Dropout(0.5).call(y, true);
      return new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(z, true);
    });
    const rows = hk.tabulate(drawing, { columns: ['module', 'input'], format: 'rows' })(spec([2, 3]));
    expect(rows[0]).to.deep.equal({
      module: ['dropout (Dropout)'],
      input: [new hk.ArraySpec([2, 3], 'float32'), true],
    });
  });

  it('I5 modules of inner transforms have the parameters that they have there', () => {
    const stack = (x: tf.Tensor): tf.Tensor =>
      hk.layerStack(3)((y: tf.Tensor) => new hk.Linear(4).call(y))(x);
    const rows = hk.tabulate(stack, { columns: ['module', 'params_size'], format: 'rows' })(spec([2, 4]));
    const linears = rows.filter(({ module }) => module?.[0] === 'linear (Linear)');
    expect(linears.map(({ params_size: size }) => size)).to.deep.equal([20, 20, 20]);
  });

  it('I5 a network of a hundred layers has the parameters of Haiku', () => {
    const net = hk.transformWithState((x: tf.Tensor4D) => new hk.nets.ResNet50(1000).call(x, true));
    const [all] = hk.tabulate(net, { columns: ['module', 'params_size'], format: 'rows' })(
      spec([1, 224, 224, 3]),
    );
    expect(all).to.deep.equal({ module: ['res_net50 (ResNet50)'], params_size: 25557032 });
  });

  for (const [bytes, text] of [
    [0, '0.00 B'],
    [999, '999.00 B'],
    [1000, '1.00 KB'],
    [504_000, '504.00 KB'],
    [1e6, '1.00 MB'],
    [1.5e9, '1.50 GB'],
    [1e12, '1.00 TB'],
    [1e15, '1000.00 TB'],
  ] as const) {
    it(`I6 ${bytes} bytes are ${text}`, () => expect(formatBytes(bytes)).to.equal(text));
  }

  it('I6 counts and arrays are written as Haiku writes them', () => {
    expect([formatCount(126_000), formatCount(7)]).to.deep.equal(['126,000', '7']);
    const arrays = [
      [[], 'float32', 'f32[]'],
      [[8, 784], 'float32', 'f32[8,784]'],
      [[1], 'int32', 's32[1]'],
      [[2], 'bool', 'bool[2]'],
      [[2], 'complex64', 'c64[2]'],
    ] as const;
    for (const [shape, dtype, text] of arrays) expect(formatArray({ shape, dtype })).to.equal(text);
    const own = new hk.ArraySpec([2, 3], 'bool');
    expect([String(own), own.size, own.bytes]).to.deep.equal(['bool[2,3]', 6, 6]);
  });

  it('I6 channels are found in the formats of images, sequences, and by name', () => {
    for (const format of ['NC', 'NCHW', 'NCDHW', 'channels_first'])
      expect(getChannelIndex(format)).to.equal(1);
    for (const format of ['NWC', 'NHWC', 'BTHWD', 'TBD', 'channels_last'])
      expect(getChannelIndex(format)).to.equal(-1);
    for (const format of ['NHW', '', 'C', 'DHW']) expect(() => getChannelIndex(format)).to.throw(format);
  });
});

describe('hk.toDot', () => {
  const params = { linear: { w: spec([2, 3]), b: spec([3]) } } as never;
  const net = hk.transform(function net(x: tf.Tensor) {
    return [tf.mul(new hk.Linear(3).call(x), 2.5), x];
  });
  const dot = hk.toDot(net.apply)(params, null, spec([1, 2]));
  /** Names of nodes by what their labels hold. */
  const node = (label: string): string =>
    dot
      .split('\n')
      .find((line) => line.includes('label=') && line.includes(label))
      ?.split(' ')[0] ?? 'none';

  it('draws operations in clusters of their modules, from arguments and constants to outputs', () => {
    expect(dot)
      .to.match(/^digraph G \{/)
      .and.match(/\}\n$/);
    expect(dot).to.include('label=<<b>net</b>>');
    expect(dot).to.match(/subgraph cluster_\d+ \{[^}]*label=<<b>linear<\/b>>[^}]*BatchMatMul[^}]*Add[^}]*\}/);
    const edges = [
      ['args[2]', 'BatchMatMul'],
      ['args[0]: linear/w', 'BatchMatMul'],
      ['BatchMatMul', '<b>Add</b>'],
      ['args[0]: linear/b', '<b>Add</b>'],
      ['<b>Add</b>', 'output[0]'],
      ['<b>2.5</b>', 'output[0]'],
    ];
    for (const [from, to] of edges) expect(dot).to.include(`${node(from)} -> ${node(to)};`);
  });

  it('names nodes and draws each argument once for each use', () => {
    const twice = hk.toDot((x: tf.Tensor) => tf.mul(x, x))(spec([2]));
    expect(twice.match(/args\[0\]/g)).to.have.length(2);
    expect(twice).to.include('(reuse)');
    const ids = [...twice.matchAll(/^(\w+) \[label/gm)].map(([, id]) => id);
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it('draws gradients, random samples by their shape, and methods by name', () => {
    @hk.module()
    class Net extends hk.Module {
      call(x: tf.Tensor): tf.Tensor {
        return this.noisy(x);
      }
      noisy(x: tf.Tensor): tf.Tensor {
        return tf.sum(tf.add(x, hk.random.normal(hk.nextRngKey(), [7])));
      }
    }
    const model = hk.transform((x: tf.Tensor) => hk.grad((y: tf.Tensor) => new Net().call(y))(x));
    const text = hk.toDot(model.apply)({}, 1, spec([7]));
    expect(text).to.include('<b>net (noisy)</b>').and.include('<b>f32[7]</b>');
    expect(text).to.match(/<b>output<\/b>/);
  });
});

describe('readable trees', () => {
  const params = (): hk.Params =>
    hk.transform((x: tf.Tensor) => new hk.nets.MLP([2, 1]).call(x)).init(1, tf.ones([1, 3]));

  it('hk.tree.describe lists names, shapes, counts, and statistics on demand', () => {
    const tree = tf.tidy(params);
    const small = { m: { b: tf.tensor1d([1, 2, 3, 6]), a: [tf.scalar(true, 'bool')] } };
    expect(
      hk.tree.describe(small as never, {
        statistics: true,
      }),
    ).to.equal(
      [
        'm              4',
        '  b    f32[4]  4  mean 3, std 1.871, min 1, max 6',
        'm/a            1',
        '  0    bool[]  1  mean 1, std 0, min 1, max 1',
        'total          5  17.00 B',
      ].join('\n'),
    );
    expect(hk.tree.describe(tree).split('\n')[0]).to.match(/^mlp\/~\/linear_0 +8$/);
    hk.tree.dispose([tree, small]);
    expect(hk.tree.describe(tree)).to.include('disposed');
    expect(hk.tree.describe(null)).to.equal('total    0  0.00 B');
  });

  it('console.log shows tensors by dtype and shape, and trees stay plain', () => {
    const tree = { m: { w: tf.ones([2, 3]), n: tf.scalar(1, 'int32') } };
    expect(inspect(tree)).to.equal('{ m: { w: Tensor(float32[2,3]), n: Tensor(int32[]) } }');
    expect(Object.getOwnPropertySymbols(tree.m.w)).to.deep.equal([]);
    const copy = { ...tree.m };
    expect(Object.keys(copy)).to.deep.equal(['w', 'n']);
    expect(hk.tree.leaves(tree)).to.have.length(2);
    const variable = tf.variable(tree.m.w);
    expect(inspect(variable)).to.equal('Variable(float32[2,3])');
    hk.tree.dispose([tree, variable]);
    expect(inspect(tree.m.w)).to.equal('Tensor(float32[2,3], disposed)');
  });
});
