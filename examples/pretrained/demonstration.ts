/** A pretrained model with its input, ready to run. */
export interface Demonstration {
  /** What one inference takes, for the line about its time. */
  readonly unit: string;
  /** What the model says of the input, line by line. */
  readonly report: () => Promise<string[]> | string[];
  /** One inference as the program runs it, recorded as a plan. */
  readonly plan: () => void;
  /** The same inference operation by operation. */
  readonly eager: () => void;
}

/** A model as the command line knows it. */
export interface Pretrained {
  /** What it takes when no file is given, as paths or texts. */
  readonly samples: readonly string[];
  /** Loads the weights and these inputs. */
  readonly prepare: (inputs: readonly string[]) => Demonstration | Promise<Demonstration>;
}

/** The models by name; each is loaded when it is asked for. */
export const models: Readonly<Record<string, () => Promise<Pretrained>>> = {
  efficientnet: async () => (await import('./efficientnet/run.js')).efficientnet,
  minilm: async () => (await import('./minilm/run.js')).minilm,
  silero: async () => (await import('./silero/run.js')).silero,
  'basic-pitch': async () => (await import('./basic-pitch/run.js')).basicPitchNotes,
  textgenrnn: async () => (await import('./textgenrnn/run.js')).textgenrnn,
};

/** The middle one of the milliseconds that `run` takes, the first calls left out. */
export function median(run: () => void, calls = 15): number {
  const times: number[] = [];
  for (let i = -3; i < calls; i++) {
    const start = performance.now();
    run();
    if (i >= 0) times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(calls / 2)];
}
