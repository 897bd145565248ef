import type { GradConfig } from '@tensorflow/tfjs-core';
import { zeroRule } from './rule.js';

const OF_TWO = [
  'Equal',
  'FloorDiv',
  'Greater',
  'GreaterEqual',
  'Less',
  'LessEqual',
  'LogicalAnd',
  'LogicalOr',
  'LogicalXor',
  'NotEqual',
];

const OF_ONE = [
  'All',
  'Any',
  'ArgMax',
  'ArgMin',
  'Ceil',
  'Floor',
  'IsFinite',
  'IsInf',
  'IsNan',
  'LogicalNot',
  'OnesLike',
  'Round',
  'Sign',
  'Step',
  'ZerosLike',
];

/**
 * Kernels whose result moves in steps, or is an integer or a truth value. Without a rule a comparison stops
 * `where(greater(a, b), a, b)`, since the gradient of `where` also asks for that of its condition.
 */
export const constantRules: readonly GradConfig[] = [
  ...OF_TWO.map((name) => zeroRule(name, 'a', 'b')),
  ...OF_ONE.map((name) => zeroRule(name, 'x')),
  zeroRule('OneHot', 'indices'),
  zeroRule('Multinomial', 'logits'),
  zeroRule('SearchSorted', 'sortedSequence', 'values'),
];
