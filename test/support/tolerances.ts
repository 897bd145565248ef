/** How close results must be to the goldens; random numbers and initial parameters are compared bit by bit instead. */
export const tolerances = {
  /** Outputs and new state, relative to the largest value of the array. */
  output: 2e-5,
  /** Gradients with respect to parameters and inputs, relative to the largest value of the array. */
  gradient: 1e-4,
  /** Initial values of the orthogonal initializer, absolute: LAPACK's QR is not reproduced to the bit. */
  orthogonal: 1e-6,
  /** Optimizer updates and states, relative to the largest value of the array. */
  optimizer: 1e-6,
  /** The same after 20 steps, over which roundings add up. */
  optimizerRun: 5e-6,
  /** Logits of pretrained models, absolute, and their activations relative to the largest recorded value. */
  pretrainedLogits: 1e-4,
  /** Probabilities and embeddings of pretrained models, absolute. */
  pretrainedProbabilities: 1e-5,
} as const;
