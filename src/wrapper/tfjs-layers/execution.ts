import type { Tensor } from '@tensorflow/tfjs-core';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { currentScope } from '../../backend/engine.js';
import type { Structure } from '../../tree/tree.js';

/** One application of a layer to symbolic tensors. */
export interface Application {
  /** Nesting of the inputs. */
  readonly structure: Structure;
}

/** A run of a model that is about to apply the layer for one of its outputs. */
interface Run {
  readonly application: Application;
  readonly output: number;
  readonly scope: object | undefined;
}

/** What a run made, kept for the other outputs of the same application. */
interface Memo {
  readonly application: Application;
  readonly scope: object | undefined;
  readonly inputs: readonly number[];
  readonly served: Set<number>;
  readonly outputs: Tensor[];
}

/**
 * Tells a model's run apart from a user's call, and runs a layer of several outputs once.
 *
 * tfjs-layers walks over the symbolic tensors that it needs, and for each reads `symbolic.inputs` and then applies the layer to an
 * array of values: once for each output, so that state and key would move on that many times. The outputs of a layer therefore
 * announce themselves when their `inputs` are read.
 */
export class Executions {
  #run: Run | null = null;
  #memo: Memo | null = null;

  /** Makes the outputs of an application announce their runs. */
  watch(application: Application, outputs: readonly SymbolicTensor[]): void {
    outputs.forEach((symbolic, output) => {
      const { inputs } = symbolic;
      Object.defineProperty(symbolic, 'inputs', {
        enumerable: true,
        configurable: true,
        get: () => {
          this.#run = { application, output, scope: currentScope() };
          return inputs;
        },
      });
    });
  }

  /** The run that applies the layer now, or `null` when a user does. */
  take(inputs: unknown): Run | null {
    const run = this.#run;
    // Announced in another block: that run is over, or has called code that uses the layer for itself.
    if (run === null || run.scope !== currentScope() || !Array.isArray(inputs)) return null;
    this.#run = null;
    return run;
  }

  /** What the run has made for another output of the same application to the same inputs. */
  recall({ application, output, scope }: Run, inputs: readonly Tensor[]): Tensor[] | null {
    const memo = this.#memo;
    if (memo?.application !== application || memo.scope !== scope || memo.served.has(output)) return null;
    if (memo.inputs.join() !== inputs.map(({ id }) => id).join()) return null;
    memo.served.add(output);
    return memo.outputs;
  }

  /** Keeps what a run made for the other outputs. */
  remember({ application, output, scope }: Run, inputs: readonly Tensor[], outputs: Tensor[]): void {
    this.#memo =
      outputs.length > 1
        ? { application, scope, inputs: inputs.map(({ id }) => id), served: new Set([output]), outputs }
        : null;
  }
}
