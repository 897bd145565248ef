import { readFileSync } from 'node:fs';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../src/index.js';

/** The list "Other layers" of the documented page. */
const names = `
layer_flax_module_wrapper layer_torch_module_wrapper Layer layer_activation layer_activation_elu
layer_activation_leaky_relu layer_activation_parametric_relu layer_activation_relu
layer_activation_softmax layer_activity_regularization layer_add layer_additive_attention
layer_alpha_dropout layer_attention layer_average layer_average_pooling_1d layer_average_pooling_2d
layer_average_pooling_3d layer_batch_normalization layer_bidirectional layer_category_encoding
layer_center_crop layer_concatenate layer_conv_1d layer_conv_1d_transpose layer_conv_2d
layer_conv_2d_transpose layer_conv_3d layer_conv_3d_transpose layer_conv_lstm_1d layer_conv_lstm_2d
layer_conv_lstm_3d layer_cropping_1d layer_cropping_2d layer_cropping_3d layer_dense
layer_depthwise_conv_1d layer_depthwise_conv_2d layer_discretization layer_dot layer_dropout
layer_einsum_dense layer_embedding layer_feature_space layer_flatten layer_gaussian_dropout
layer_gaussian_noise layer_global_average_pooling_1d layer_global_average_pooling_2d
layer_global_average_pooling_3d layer_global_max_pooling_1d layer_global_max_pooling_2d
layer_global_max_pooling_3d layer_group_normalization layer_group_query_attention layer_gru
layer_hashed_crossing layer_hashing layer_identity layer_integer_lookup layer_lambda
layer_layer_normalization layer_lstm layer_masking layer_max_pooling_1d layer_max_pooling_2d
layer_max_pooling_3d layer_maximum layer_mel_spectrogram layer_minimum layer_multi_head_attention
layer_multiply layer_normalization layer_permute layer_random_brightness layer_random_contrast
layer_random_crop layer_random_flip layer_random_rotation layer_random_translation layer_random_zoom
layer_repeat_vector layer_rescaling layer_reshape layer_resizing layer_rnn layer_separable_conv_1d
layer_separable_conv_2d layer_simple_rnn layer_spatial_dropout_1d layer_spatial_dropout_2d
layer_spatial_dropout_3d layer_spectral_normalization layer_string_lookup layer_subtract
layer_text_vectorization layer_tfsm layer_time_distributed layer_unit_normalization
layer_upsampling_1d layer_upsampling_2d layer_upsampling_3d layer_zero_padding_1d
layer_zero_padding_2d layer_zero_padding_3d rnn_cell_gru rnn_cell_lstm rnn_cell_simple
rnn_cells_stack
`
  .trim()
  .split(/\s+/);

const page = readFileSync('docs/wrapper.md', 'utf8').split('## The other layers of the page')[1];
const rows = page.split('\n').filter((line) => /^\| `(Layer|layer_|rnn_)/.test(line));

const exported = new Map(Object.keys(tfl.layers).map((name) => [name.toLowerCase(), name]));

/** Cells of tfl.layers whose names are not those of Keras. */
const otherwise: Readonly<Record<string, string>> = {
  layer_activation_parametric_relu: 'prelu',
  rnn_cell_gru: 'gruCell',
  rnn_cell_lstm: 'lstmCell',
  rnn_cell_simple: 'simpleRNNCell',
  rnn_cells_stack: 'stackedRNNCells',
};

describe('the layers that docs/wrapper.md names', () => {
  it('are those of the documented page, in its order', () => {
    expect(rows.map((row) => row.split('`')[1])).to.deep.equal(names);
  });

  for (const row of rows) {
    const [, name, host, here] = row.split('|').map((cell) => cell.trim().replaceAll('`', ''));
    it(`${name}: ${host}, ${here}`, () => {
      const word = name
        .replace(/^layer_(activation_)?/, '')
        .replaceAll('_', '')
        .toLowerCase();
      expect(host).to.equal(
        otherwise[name] ?? exported.get(name === 'layer_activation' ? 'activation' : word) ?? '–',
      );
      const [root, ...path] = here.split('.');
      if (root !== 'hk') return;
      const found = path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], hk);
      expect(found, here).not.to.equal(undefined);
    });
  }
});
