import type { Tensor } from '@tensorflow/tfjs-core';
import type * as hk from '../../../src/index.js';
import { goldenCases } from '../../support/goldens.js';
import { buildModule, type GoldenArguments } from './build.js';
import type { Library } from './descriptor.js';
import { goldenLayerCase, type GoldenCase, type GoldenLayerCase } from './goldens.js';

interface GoldenCore {
  readonly module: string;
  readonly args: GoldenArguments;
}

/** An unroll of `recurrent.json`. */
interface RecurrentGoldenCase extends GoldenCase {
  readonly core: GoldenCore | { readonly layers: readonly GoldenCore[]; readonly skip?: boolean };
  readonly batch_size: number | null;
  readonly static: boolean;
  readonly time_major: boolean;
  readonly reverse: boolean;
  readonly return_all_states: boolean;
  readonly reset: boolean;
}

type AnyCore = hk.RNNCore<unknown, unknown, unknown>;

function buildCore(library: Library, { core, reset }: RecurrentGoldenCase): AnyCore {
  const build = ({ module, args }: GoldenCore): AnyCore =>
    buildModule(library, module, args) as unknown as AnyCore;
  if (!('layers' in core)) {
    return reset ? new library.ResetCore(build(core)) : build(core);
  }
  const layers = core.layers.map(build);
  const stack = core.skip ? library.deepRnnWithSkipConnections(layers) : new library.DeepRNN(layers);
  return stack;
}

function unroll(library: Library, golden: RecurrentGoldenCase, inputs: Tensor[]): unknown {
  const core = buildCore(library, golden);
  const sequence = golden.reset ? inputs : inputs[0];
  const state = core.initialState(golden.batch_size);
  const { time_major: timeMajor, reverse, return_all_states: returnAllStates } = golden;
  return golden.static
    ? library.staticUnroll(core, sequence, state, { timeMajor })
    : library.dynamicUnroll(core, sequence, state, { timeMajor, reverse, returnAllStates });
}

/** The layer that a case is about: the wrapper where there is one. */
function moduleOf({ core, reset }: RecurrentGoldenCase): string {
  if (reset) return 'ResetCore';
  return 'layers' in core ? 'DeepRNN' : core.module;
}

const { cases, arrays } = goldenCases<RecurrentGoldenCase>('recurrent');

/** The goldens of recurrent cores, with the name of their class. */
export const recurrentGoldens: readonly { module: string; layerCase: GoldenLayerCase }[] = cases.map(
  (golden) => ({
    module: moduleOf(golden),
    layerCase: goldenLayerCase(golden, arrays, (library, inputs) => unroll(library, golden, inputs)),
  }),
);
