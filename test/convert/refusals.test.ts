import type { io } from '@tensorflow/tfjs-core';
import * as hk from '../../src/index.js';
import { fromLayersModel } from '../../src/convert/index.js';
import { expectError, numbers } from './support.js';

describe('fromLayersModel refuses', () => {
  const dense = { class_name: 'Dense', config: { name: 'd', units: 1, batch_input_shape: [null, 1] } };
  const sequential = (...items: object[]): object => ({
    class_name: 'Sequential',
    config: { name: 'm', layers: items },
  });
  const weights = (...names: string[]): Pick<io.ModelArtifacts, 'weightSpecs' | 'weightData'> => ({
    weightSpecs: names.map((name) => ({
      name,
      shape: name.endsWith('bias') ? [1] : [1, 1],
      dtype: 'float32',
    })),
    weightData: new Float32Array(names.length).buffer,
  });
  const graph = (
    items: object[],
    inputs: unknown = [['x', 0, 0]],
    outputs: unknown = [['d', 0, 0]],
  ): object => ({
    class_name: 'Functional',
    config: { name: 'm', layers: items, input_layers: inputs, output_layers: outputs },
  });
  const input = {
    class_name: 'InputLayer',
    name: 'x',
    config: { batch_input_shape: [null, 1] },
    inbound_nodes: [],
  };

  const refuse = (
    modelTopology: unknown,
    code: string,
    message: string,
    data = weights('d/kernel', 'd/bias'),
  ): void => {
    expectError(() => fromLayersModel({ modelTopology, ...data } as io.ModelArtifacts), code, message);
  };

  it('layers and options without counterpart, by name', () => {
    const layer = (class_name: string, config: object): object =>
      sequential({ class_name, config: { name: 'odd', batch_input_shape: [null, 4, 4], ...config } });
    const refused = (topology: object, message: string): void =>
      refuse(topology, 'convert-layer-unsupported', message);
    refused(layer('Lambda', {}), "'odd' (Lambda)");
    refused(layer('constructor', {}), "'odd' (constructor)");
    refused(layer('Activation', { activation: 'exponential' }), "activation is 'exponential'");
    refused(layer('LSTM', { units: 2, stateful: true }), 'its stateful is true');
    refused(layer('LSTM', { units: 2, return_state: true }), 'its return_state is true');
    refused(layer('GRU', { units: 2, recurrent_activation: 'tanh' }), 'its recurrent_activation is "tanh"');
    refused(layer('Embedding', { input_dim: 2, output_dim: 2, mask_zero: true }), 'hides zeros');
    refused(layer('ELU', { alpha: 2 }), 'its alpha is 2');
    refused(
      layer('BatchNormalization', { axis: 2, batch_input_shape: [null, 4, 4, 4] }),
      'its axis is 2 of 4',
    );
    refused(layer('LayerNormalization', { axis: 1 }), 'its axis is 1 of 3');
    refused(layer('LayerNormalization', { axis: [1, 2] }), 'its axes are 1, 2');
    refused(
      layer('Bidirectional', { layer: { class_name: 'LSTM', config: { units: 2 } }, merge_mode: null }),
      'its merge_mode is null',
    );
    refused(
      layer('Conv2D', { filters: 1, kernel_size: 1, groups: 2, batch_input_shape: [null, 4, 4, 2] }),
      'its groups is 2',
    );
    refused(layer('Bidirectional', { layer: { class_name: 'RNN', config: {} } }), 'it wraps a RNN');
    refused(layer('TimeDistributed', { layer: { class_name: 'Lambda', config: {} } }), '(Lambda)');
  });

  it('descriptions that are none', () => {
    const refused = (topology: unknown, message: string): void =>
      refuse(topology, 'convert-model-invalid', message);
    refused(undefined, 'its modelTopology is missing');
    refused([], 'not an object');
    refused({ class_name: 'GraphDef', config: {} }, "its class is 'GraphDef'");
    refused(sequential(), "'m' has no layers");
    refused(sequential({ class_name: 'Dense', config: { name: 'd', units: 1 } }), 'has no shape');
    refused(
      sequential({ ...dense, config: { ...dense.config, units: 'many' } }),
      "'units' of the layer 'd' (Dense) is \"many\"",
    );
    refused(sequential({ ...dense, config: { ...dense.config, use_bias: 1 } }), 'not true or false');
    refused(
      sequential({ ...dense, config: { ...dense.config, batch_input_shape: [null, -1] } }),
      'has the shape [null,-1]',
    );
    refused(sequential(dense, dense), "two layers called 'd'");
    refused(graph([input], [['x', 0, 0]], [['y', 0, 0]]), "refers to a layer 'y'");
    refused(graph([input, { ...dense, name: 'd', inbound_nodes: [[['d', 0, 0]]] }]), "'d' depends on itself");
    refused(
      graph([input, { ...dense, name: 'd', inbound_nodes: [[['x', 0, 0]]] }], [['x', 0, 0]], [['d', 7, 0]]),
      'call 7',
    );
    refused(
      graph([input, { ...dense, name: 'd', inbound_nodes: [[['x', 0, 0]]] }], [['x', 0, 0]], [['d', 0, 2]]),
      'no output 2',
    );
    refused(
      graph([input, { ...dense, name: 'd', inbound_nodes: [[['x', 0, 0, { mask: 1 }]]] }]),
      'only Python can pass',
    );
    refused(graph([input, { ...dense, name: 'd', inbound_nodes: [[['x', -1, 0]]] }]), 'not an index');
    const flatten = { class_name: 'Flatten', name: 'd', config: {}, inbound_nodes: [[]] };
    refused(graph([input, flatten]), 'do not fit together');
    let deep: object = { ...dense };
    for (let i = 0; i < 40; i++)
      deep = { class_name: 'Sequential', config: { name: `m${i}`, layers: [deep] } };
    refused(deep, 'nested more than 32 deep');
  });

  it('weights of another model, all differences at once', () => {
    const refused = (message: string, ...names: string[]): void =>
      refuse(sequential(dense), 'checkpoint-mismatch', message, weights(...names));
    refused("no 'kernel' of the layer 'd' (Dense), only bias", 'd/bias');
    refused("'m/d/b'", 'd/kernel');
    refused("'e/kernel' float32 [1, 1]", 'd/kernel', 'd/bias', 'e/kernel');
    refused("'d/beta'", 'd/kernel', 'd/bias', 'd/beta');
  });

  it('another number of inputs', () => {
    const { network, params, state } = fromLayersModel({
      modelTopology: sequential(dense),
      ...weights('d/kernel', 'd/bias'),
    });
    const x = numbers([1, 1], 1);
    const pair = hk.transformWithState(() => network().call([x, x]));
    expectError(() => pair.apply(params, state, null), 'convert-model-invalid', 'has 1 inputs but got 2');
    hk.tree.dispose([params, state, x]);
  });
});
