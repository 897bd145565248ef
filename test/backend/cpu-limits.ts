/**
 * Cases that the CPU backend of TensorFlow.js gets wrong, and that the library leaves there: no layer runs into them.
 * Each is checked to be still wrong.
 */
export const cpuLimits: Record<string, 'value' | 'gradient'> = {
  // Differences of nearly equal numbers: nothing is left of 1e-20.
  'selu-of-small': 'value',
  'elu-of-small': 'value',
  // An approximation of six decimals.
  'erf-of-small': 'value',
  // The powers of JavaScript: 1 to the power NaN is NaN.
  'pow-edges': 'value',
  // Of nothing, "all" gives false.
  'all-empty': 'value',
  // A negative axis is read as it is.
  'cumsum-axis-2': 'value',
  'cumprod-axis-2': 'value',
  'cumsum-reverse': 'value',
  'cumprod-reverse': 'value',
  'strided-slice-masks': 'value',
  // Batches that are broadcast on both sides.
  'matmul-broadcast-nn': 'value',
  'matmul-broadcast-nt': 'value',
  'matmul-broadcast-tn': 'value',
  'matmul-broadcast-tt': 'value',
  // A label of one operand alone is not summed.
  'einsum ij,kl->il': 'value',
};
