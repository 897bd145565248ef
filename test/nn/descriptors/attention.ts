import type { LayerDescriptor, Library } from './descriptor.js';

const options = (hk: Library) => ({ wInit: hk.initializers.varianceScaling({ scale: 2 }) });

/** Embeddings and attention. */
export const attentionDescriptors: readonly LayerDescriptor[] = [
  {
    layer: 'Embed',
    batchAxis: (id) => (id.startsWith('embed/scalar') ? null : 0),
    // JAX drops the gradients of ids out of range, although their rows count.
    notDifferentiable: /^embed\/out_of_range_array_index/,
    cases: [
      {
        id: 'embed/matrix',
        run: (hk, [ids]) =>
          new hk.Embed({
            embeddingMatrix: [
              [1, 2],
              [3, 4],
              [5, 6],
            ],
          }).call(ids),
        inputs: [{ shape: [4, 2], kind: 'int', high: 3 }],
      },
      {
        id: 'embed/style_of_the_call',
        run: (hk, [ids]) =>
          new hk.Embed({ vocabSize: 5, embedDim: 3 }).call(ids, { lookupStyle: hk.EmbedLookupStyle.ONE_HOT }),
        inputs: [{ shape: [2, 3, 2], kind: 'int', high: 5 }],
      },
    ],
    refusals: [
      {
        what: 'ids that are no integers',
        run: (hk, [x]) => new hk.Embed({ vocabSize: 5, embedDim: 3 }).call(x),
        inputs: [{ shape: [4] }],
        code: 'input-dtype',
        says: ['int32', 'float32'],
      },
      {
        what: 'no sizes',
        run: (hk, [x]) => new hk.Embed({ vocabSize: 5 }).call(x),
        inputs: [{ shape: [4], kind: 'int' }],
        code: 'layer-options',
        says: ['embedDim'],
      },
      {
        what: 'another vocabulary than the matrix',
        run: (hk, [x]) => new hk.Embed({ vocabSize: 5, embeddingMatrix: [[1, 2]] }).call(x),
        inputs: [{ shape: [4], kind: 'int' }],
        code: 'layer-options',
        says: ['[1, 2]', '5'],
      },
      {
        what: 'another size than the matrix',
        run: (hk, [x]) => new hk.Embed({ embedDim: 5, embeddingMatrix: [[1, 2]] }).call(x),
        inputs: [{ shape: [4], kind: 'int' }],
        code: 'layer-options',
        says: ['[1, 2]', '5'],
      },
      {
        what: 'an unknown lookup style',
        run: (hk, [x]) => new hk.Embed({ vocabSize: 5, embedDim: 3, lookupStyle: 'FAST' as never }).call(x),
        inputs: [{ shape: [4], kind: 'int' }],
        code: 'call-options',
        says: ['FAST'],
      },
    ],
  },
  {
    layer: 'MultiHeadAttention',
    batchAxis: (id) => (/unbatched|dropout|leading/.test(id) ? null : 0),
    cases: [
      {
        id: 'mha/causal',
        run: (hk, [x]) => new hk.MultiHeadAttention(2, 3, options(hk)).call(x, x, x, hk.causalMask(x)),
        inputs: [{ shape: [2, 4, 5] }],
      },
      {
        id: 'mha/weights',
        run: (hk, [x, y]) =>
          new hk.MultiHeadAttention(2, 3, options(hk)).call(x, y, y, null, { returnWeights: true }),
        inputs: [{ shape: [2, 4, 5] }, { shape: [2, 3, 5] }],
      },
      {
        id: 'mha/dropout',
        run: (hk, [x]) =>
          new hk.MultiHeadAttention(2, 3, options(hk)).call(x, x, x, null, { dropoutRate: 0.3 }),
        inputs: [{ shape: [2, 4, 5] }],
        applySeed: 4,
      },
      {
        id: 'mha/two_leading_dimensions',
        run: (hk, [x, y]) => new hk.MultiHeadAttention(2, 3, options(hk)).call(x, y, y),
        inputs: [{ shape: [2, 3, 4, 5] }, { shape: [2, 3, 2, 6] }],
      },
    ],
    refusals: [
      {
        what: 'vectors',
        run: (hk, [x]) => new hk.MultiHeadAttention(2, 3, options(hk)).call(x, x, x),
        inputs: [{ shape: [5] }],
        code: 'input-rank',
      },
      {
        what: 'integers',
        run: (hk, [x]) => new hk.MultiHeadAttention(2, 3, options(hk)).call(x, x, x),
        inputs: [{ shape: [2, 4, 5], kind: 'int' }],
        code: 'input-dtype',
      },
      {
        what: 'a mask of another rank',
        run: (hk, [x, mask]) => new hk.MultiHeadAttention(2, 3, options(hk)).call(x, x, x, mask),
        inputs: [{ shape: [2, 4, 5] }, { shape: [4, 4], kind: 'bool' }],
        code: 'input-rank',
        says: ['[2, 2, 4, 4]', '[4, 4]'],
      },
      {
        what: 'a value of another length than the key',
        run: (hk, [x, y]) => new hk.MultiHeadAttention(2, 3, options(hk)).call(x, x, y),
        inputs: [{ shape: [2, 4, 5] }, { shape: [2, 3, 5] }],
        code: 'input-shape',
        says: ['[2, 3, 5]', '[2, 4, 5]'],
      },
      {
        what: 'batches that do not go together',
        run: (hk, [x, y]) => new hk.MultiHeadAttention(2, 3, options(hk)).call(x, y, y),
        inputs: [{ shape: [2, 4, 5] }, { shape: [3, 4, 5] }],
        code: 'input-shape',
      },
      {
        what: 'no initializer',
        run: (hk, [x]) => new hk.MultiHeadAttention(2, 3, {}).call(x, x, x),
        inputs: [{ shape: [2, 4, 5] }],
        code: 'layer-options',
        says: ['wInit'],
      },
      {
        what: 'two initializers',
        run: (hk, [x]) => new hk.MultiHeadAttention(2, 3, { ...options(hk), wInitScale: 1 }).call(x, x, x),
        inputs: [{ shape: [2, 4, 5] }],
        code: 'layer-options',
        says: ['wInitScale'],
      },
    ],
  },
];
