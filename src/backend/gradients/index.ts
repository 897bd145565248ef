import { engine, getGradient, registerGradient } from '@tensorflow/tfjs-core';
import type { TapeNode } from '../engine.js';
import { gradientRules } from './rules.js';

/**
 * Registers every rule of the library that is not in place. Importing `@tensorflow/tfjs-layers` or the union package
 * replaces the rules of about a hundred kernels; asking first makes the usual call cost a few microseconds.
 */
export function ensureGradientRules(): void {
  for (const rule of gradientRules) {
    if (getGradient(rule.kernelName) !== rule) registerGradient(rule);
  }
}

/** Whether an operation on the tape copied a result of `node`: a kernel saves its results before it is on the tape itself. */
function isSavedResult(copy: TapeNode, node: TapeNode): boolean {
  return Object.values(copy.inputs).some((input) => node.outputs.includes(input));
}

const guarded = Symbol.for('tanka.gradients');

/** The parts of the engine that its types hide. */
interface OpenEngine {
  [guarded]?: true;
  addTapeNode(...args: unknown[]): void;
  gradients(...args: unknown[]): unknown;
  readonly state: { readonly activeTape: TapeNode[] };
}

/**
 * Lets every differentiation lay the rules down first, those of code that never calls this library included: a
 * `model.fit` of `@tensorflow/tfjs-layers`, imported last, asks nobody before it differentiates. All of TensorFlow.js'
 * gradient functions end in this one method of the one engine of the process.
 */
function guardGradients(): void {
  const tensors = engine() as unknown as OpenEngine;
  if (tensors[guarded]) return;
  tensors[guarded] = true;
  const addTapeNode = tensors.addTapeNode.bind(tensors);
  const gradients = tensors.gradients.bind(tensors);
  // A kernel stands on the tape before the copies that it saves of its results. TensorFlow.js writes it behind them, so that a second
  // derivative does not see where those values came from: of `tanh` or `exp` it was missing or wrong.
  tensors.addTapeNode = (...args) => {
    addTapeNode(...args);
    const { activeTape } = tensors.state;
    const last = activeTape.length - 1;
    let place = last;
    while (place > 0 && isSavedResult(activeTape[place - 1], activeTape[last])) place--;
    if (place < last) activeTape.splice(place, 0, ...activeTape.splice(last, 1));
  };
  tensors.gradients = (...args) => {
    ensureGradientRules();
    return gradients(...args);
  };
}

ensureGradientRules();
guardGradients();
