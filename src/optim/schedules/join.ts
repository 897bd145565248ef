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
  return (count) => {
    let chosen = 0;
    boundaries.forEach((boundary, i) => {
      if (count >= boundary) chosen = i + 1;
    });
    return schedules[chosen](chosen === 0 ? count : count - boundaries[chosen - 1]);
  };
}
