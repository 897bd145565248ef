import { Presets, SingleBar } from 'cli-progress';

/** A bar that shows steps a second, the last numbers it was given, and the time left. */
export interface Progress {
  /** Counts one step and shows these numbers. */
  readonly step: (numbers: Readonly<Record<string, number>>) => void;
  readonly stop: () => void;
}

/** Starts the display of a loop of `total` steps. */
export function startProgress(total: number): Progress {
  const bar = new SingleBar(
    {
      format: '{bar} {value}/{total} | {rate} steps/s | {numbers} | {eta_formatted} left',
      noTTYOutput: true,
      notifyInterval: 10_000,
      hideCursor: true,
      etaBuffer: 50,
    } as ConstructorParameters<typeof SingleBar>[0],
    Presets.shades_classic,
  );
  const start = performance.now();
  let steps = 0;
  bar.start(total, 0, { rate: '-', numbers: 'recording …' });
  return {
    step: (numbers) => {
      steps++;
      bar.update(steps, {
        rate: ((1000 * steps) / (performance.now() - start)).toFixed(1),
        numbers: Object.entries(numbers)
          .map(([name, value]) => `${name} ${value.toFixed(4)}`)
          .join(' | '),
      });
    },
    stop: () => bar.stop(),
  };
}
