import { setImmediate } from 'node:timers/promises';
import { Presets, SingleBar } from 'cli-progress';

/** How often the event loop gets its turn, and how often a line is written where there is no terminal. */
const TURN_MS = 50;
const LINE_MS = 10_000;

/** Shows steps a second, the last numbers it was given, and the time left. */
export interface Progress {
  /**
   * Counts one step and shows these numbers. To be awaited: so a loop that computes all the time lets the event loop turn, where
   * signals, timers and the finalizers of dropped tensors wait.
   */
  readonly step: (numbers: Readonly<Record<string, number>>) => Promise<void>;
  readonly stop: () => void;
}

/** A bar on terminals; elsewhere a line now and then. */
function display(total: number): {
  show: (steps: number, rate: string, numbers: string) => void;
  stop: () => void;
} {
  if (!process.stdout.isTTY) {
    let lastLine = -Infinity;
    return {
      show: (steps, rate, numbers) => {
        if (steps < total && performance.now() - lastLine < LINE_MS) return;
        lastLine = performance.now();
        console.log(`${steps}/${total} | ${rate} steps/s | ${numbers}`);
      },
      stop: () => undefined,
    };
  }
  const bar = new SingleBar(
    {
      format: '{bar} {value}/{total} | {rate} steps/s | {numbers} | {eta_formatted} left',
      etaBuffer: 50,
      // Its handler would swallow the first Ctrl-C.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0, { rate: '-', numbers: 'recording …' });
  return {
    show: (steps, rate, numbers) => bar.update(steps, { rate, numbers }),
    stop: () => bar.stop(),
  };
}

/** Starts the display of a loop of `total` steps. */
export function startProgress(total: number): Progress {
  const { show, stop } = display(total);
  const start = performance.now();
  let steps = 0;
  let lastTurn = start;
  return {
    step: async (numbers) => {
      steps++;
      const rate = ((1000 * steps) / (performance.now() - start)).toFixed(1);
      const shown = Object.entries(numbers).map(([name, value]) => `${name} ${value.toFixed(4)}`);
      show(steps, rate, shown.join(' | '));
      if (performance.now() - lastTurn < TURN_MS) return;
      await setImmediate();
      lastTurn = performance.now();
    },
    stop,
  };
}
