import { sizeOf, type Graph } from '../graph.js';
import { ACTIVATIONS, asFused, isProduct } from './fuse-epilogues.js';
import { inputOf, partner, rewrite, type Match } from './rewrite.js';

/** Kernels whose loops can add to what is there. */
const PRODUCTS = ['BatchMatMul', '_FusedMatMul', 'Conv2D', 'FusedConv2D'];

/** Starts a product or convolution from the tensor that its result is added to, and applies the activation behind the sum. */
export function fuseResiduals(graph: Graph): Graph {
  return rewrite(graph, function* (sum, near): Generator<Match> {
    if (sum.name !== 'Add') return;
    const [out] = sum.outputs;
    for (const value of ['b', 'a'].map((name) => inputOf(sum, name))) {
      const product = near.onlyFrom(value, ...PRODUCTS);
      const residual = partner(sum, value);
      const fits =
        isProduct(product) &&
        residual?.dtype === 'float32' &&
        product.inputs.residual === undefined &&
        product.attributes.dataFormat !== 'NCHW' &&
        sizeOf(residual.shape) === sizeOf(out.shape) &&
        sizeOf(product.outputs[0].shape) === sizeOf(out.shape) &&
        String(residual.shape) === String(value?.shape) &&
        Object.values(product.inputs).every((view) => 'buffer' in view && sizeOf(view.shape) > 0);
      if (!fits) continue;
      const fused = asFused(product);
      const inputs = { ...fused.inputs, residual };
      const [shape] = fused.outputs;
      const activation = near.onlyReader(out, ...Object.keys(ACTIVATIONS));
      if (activation !== undefined) {
        yield {
          nodes: [product, sum, activation],
          made: {
            ...fused,
            inputs,
            attributes: { ...fused.attributes, activation: ACTIVATIONS[activation.name] },
            outputs: [{ ...shape, buffer: activation.outputs[0].buffer }],
          },
        };
      }
      yield {
        nodes: [product, sum],
        made: { ...fused, inputs, outputs: [{ ...shape, buffer: out.buffer }] },
      };
    }
  });
}
