import { ones, tidy, zeros, type DataType } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Structure } from '../tree/tree.js';
import type { Outputs } from './outputs.js';

/** Sizes of a tensor; `null` where any size will do. */
export type PartialShape = readonly (number | null)[];

/** What is known of a tensor before there is one. */
export interface TensorSpec {
  readonly shape: PartialShape;
  readonly dtype: DataType;
}

/** What is known of the outputs of a model before it runs. */
export interface OutputSpecs {
  readonly structure: Structure;
  readonly specs: readonly TensorSpec[];
}

/** Ones, or zeros for integers and booleans, so that indices are valid and nothing is divided by zero; unknown sizes are `size`. */
export function placeholder({ shape, dtype }: TensorSpec, size: (axis: number) => number = () => 1): Tensor {
  const sizes = shape.map((known, axis) => known ?? size(axis));
  return dtype === 'float32' ? ones(sizes, dtype) : zeros(sizes, dtype);
}

/** Sizes for the unknown batch axis, and for the others: far apart, because strides round sizes that are close to the same result. */
const SMALL = { batch: [2, 3], other: [2, 3] } as const;
const LARGE = { batch: [2, 3], other: [64, 160] } as const;

interface Probe {
  readonly structure: Structure;
  readonly specs: readonly { readonly shape: readonly number[]; readonly dtype: DataType }[];
}

/**
 * Infers the outputs of a model by running it on placeholders of several sizes: an axis whose size differs between any two runs is
 * unknown. The batch axes of all inputs get one size, which they share in use too. The other unknown axes get one size together,
 * and then each another one alone, which shows the outputs that depend on them even where two of them cancel; a model that
 * wants them equal refuses that run, and it says nothing.
 *
 * @param run runs the model in inference, without a key, and writes no state
 * @param layer how the layer is called in the message
 * @throws `wrapper-shape-unknown` when the model fails on every size
 */
export function inferOutputs(
  inputs: readonly TensorSpec[],
  run: (inputs: Tensor[]) => Outputs,
  layer: string,
): OutputSpecs {
  const unknown = inputs.flatMap(({ shape }, input) =>
    shape.flatMap((size, axis) => (size === null ? [{ input, axis }] : [])),
  );
  const others = unknown.filter(({ axis }) => axis > 0);
  const probe = (size: (input: number, axis: number) => number): Probe => probeOutputs(inputs, run, size);

  const probes: Probe[] = [];
  let failure: unknown;
  for (const { batch, other } of others.length > 0 ? [SMALL, LARGE] : [SMALL]) {
    try {
      const sizes = unknown.length > 0 ? [0, 1] : [0];
      const runs = sizes.map((i) => probe((_, axis) => (axis === 0 ? batch[i] : other[i])));
      probes.push(...runs);
      if (others.length > 1) {
        for (const alone of others) {
          try {
            probes.push(
              probe((input, axis) => {
                const varied = input === alone.input && axis === alone.axis;
                return axis === 0 ? batch[0] : varied ? other[1] : other[0];
              }),
            );
          } catch {
            // The model wants this axis to be as long as another one.
          }
        }
      }
    } catch (error) {
      failure = error;
    }
  }
  if (probes.length === 0) throw unknownShape(failure, layer);
  return joined(probes);
}

function probeOutputs(
  inputs: readonly TensorSpec[],
  run: (inputs: Tensor[]) => Outputs,
  size: (input: number, axis: number) => number,
): Probe {
  let probe: Probe | undefined;
  tidy(() => {
    const { structure, tensors } = run(inputs.map((spec, i) => placeholder(spec, (axis) => size(i, axis))));
    probe = { structure, specs: tensors.map(({ shape, dtype }) => ({ shape, dtype })) };
  });
  return probe as unknown as Probe;
}

function joined(probes: readonly Probe[]): OutputSpecs {
  const [{ structure, specs }] = probes;
  const known = specs.map(({ shape, dtype }, output) => ({
    dtype,
    shape: shape.map((size, axis) =>
      probes.every((other) => other.specs[output]?.shape[axis] === size) ? size : null,
    ),
  }));
  return { structure, specs: known };
}

function unknownShape(failure: unknown, layer: string): unknown {
  // The library's own errors name the mend already.
  if (failure instanceof TankaError) return failure;
  const reason = failure instanceof Error ? failure.message : String(failure);
  return new TankaError(
    'wrapper-shape-unknown',
    `Could not automatically infer the output shape / dtype of ${layer}. Either \`call_fn\` is incorrect, or it does not run on ` +
      `placeholders of every size: then pass the \`outputShape\` option. Error encountered:\n\n${reason}`,
    { cause: failure },
  );
}
