import * as hk from 'tanka';
import { fromTorch, loadInto, type Checkpoint, type TorchLayers } from 'tanka/checkpoint';
import { miniLM, type MiniLMOptions } from './model.js';

/** The layers of the published file, by their names in torch. */
function publishedLayers(): TorchLayers {
  const layers: Record<string, TorchLayers[string]> = {
    'embeddings.word_embeddings': { kind: 'embedding', to: 'minilm/word_embed' },
    'embeddings.position_embeddings': { kind: 'embedding', to: 'minilm/position_embed' },
    'embeddings.token_type_embeddings': { kind: 'embedding', to: 'minilm/token_type_embed' },
    'embeddings.LayerNorm': { kind: 'layerNorm', to: 'minilm/embed_ln' },
  };
  for (let i = 0; i < 6; i++) {
    const from = `encoder.layer.${i}`;
    const to = `minilm/layer_${i}`;
    for (const name of ['query', 'key', 'value']) {
      layers[`${from}.attention.self.${name}`] = { kind: 'linear', to: `${to}/attention/${name}` };
    }
    layers[`${from}.attention.output.dense`] = { kind: 'linear', to: `${to}/attention/linear` };
    layers[`${from}.attention.output.LayerNorm`] = { kind: 'layerNorm', to: `${to}/attention_ln` };
    layers[`${from}.intermediate.dense`] = { kind: 'linear', to: `${to}/mlp_in` };
    layers[`${from}.output.dense`] = { kind: 'linear', to: `${to}/mlp_out` };
    layers[`${from}.output.LayerNorm`] = { kind: 'layerNorm', to: `${to}/mlp_ln` };
  }
  return layers;
}

/** What of the published file is no parameter of the encoder. */
const UNUSED = /^pooler\.|position_ids$/;

/** Reads the published `model.safetensors` without what the encoder has no use for. */
export function isEncoderKey(key: string): boolean {
  return !UNUSED.test(key);
}

/**
 * Parameters of {@link miniLM} from its recorded weights, or from the file published for torch (read with {@link isEncoderKey} as
 * filter), with the sizes of its tables. The checkpoint stays as it is; the result is the caller's.
 */
export function miniLMWeights(checkpoint: Checkpoint): { params: hk.Params; sizes: MiniLMOptions } {
  const published = Object.hasOwn(checkpoint, '');
  const table = (recorded: string, torch: string): number => {
    const found = published ? checkpoint[''][`embeddings.${torch}.weight`] : checkpoint[recorded]?.embeddings;
    return found?.shape[0] ?? 1;
  };
  const sizes = {
    vocabSize: table('minilm/word_embed', 'word_embeddings'),
    positions: table('minilm/position_embed', 'position_embeddings'),
  };
  const ids = { shape: [1, 1], dtype: 'int32' as const };
  const template = hk.evalShape(miniLM(sizes).init, hk.random.key(0), ids, ids);
  const params = loadInto(template, checkpoint, published ? { map: fromTorch(publishedLayers()) } : {});
  return { params: params as hk.Params, sizes };
}
