import { greaterEqual, sub, where, type Tensor } from '@tensorflow/tfjs-core';
import { checkArgument } from '../transformation.js';
import type { Schedule } from './schedule.js';

/** One schedule after the other, each counting from its own boundary. */
export function joinSchedules(schedules: readonly Schedule[], boundaries: readonly number[]): Schedule {
  checkArgument(
    schedules.length === boundaries.length + 1,
    'boundaries',
    `one fewer than the ${schedules.length} schedules`,
    boundaries.length,
  );
  const onNumber = (count: number): number => {
    let chosen = 0;
    boundaries.forEach((boundary, i) => {
      if (count >= boundary) chosen = i + 1;
    });
    return schedules[chosen](chosen === 0 ? count : count - boundaries[chosen - 1]);
  };
  const parts = schedules.map(({ onTensor }) => onTensor);
  if (!parts.every((part) => part !== undefined)) return onNumber;
  const [first, ...later] = parts;
  const onTensor = (count: Tensor): Tensor =>
    later.reduce(
      (value, part, i) => where(greaterEqual(count, boundaries[i]), part(sub(count, boundaries[i])), value),
      first(count),
    );
  return Object.assign(onNumber, { onTensor });
}
