/** One side of a comparison. */
export interface Contender {
  /** Called before each sample, outside its time: for instance to exchange kernels. */
  readonly prepare?: () => void;
  readonly run: () => void | Promise<void>;
}

/** Milliseconds a call: of all samples the middle one, and the smallest (the least disturbed). */
export interface Timing {
  readonly median: number;
  readonly low: number;
  /** The middle one of the process' own time, which a busy machine disturbs less. */
  readonly cpu: number;
}

/** What the process has computed so far. */
export function processMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Times contenders in one process, a sample of each in turn, so that a disturbance of the machine meets all of them.
 * Each is called often before, and long enough for engines to compile what is hot, and as often a sample as fills `sampleMs`.
 */
export async function interleave<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  {
    rounds = 15,
    sampleMs = 8,
    warmUp = 10,
    warmUpMs = 150,
  }: { rounds?: number; sampleMs?: number; warmUp?: number; warmUpMs?: number } = {},
): Promise<Record<Name, Timing>> {
  const names = Object.keys(contenders) as Name[];
  const times = new Map<Name, number[]>();
  const cpuTimes = new Map<Name, number[]>();
  const repeats = new Map<Name, number>();
  for (const name of names) {
    const { prepare, run } = contenders[name];
    prepare?.();
    let fastest = Infinity;
    const begin = performance.now();
    for (let i = 0; i < warmUp || performance.now() - begin < warmUpMs; i++) await run();
    for (let i = 0; i < 3; i++) {
      const start = performance.now();
      await run();
      fastest = Math.min(fastest, performance.now() - start);
    }
    repeats.set(name, Math.max(1, Math.round(sampleMs / Math.max(fastest, 1e-4))));
    times.set(name, []);
    cpuTimes.set(name, []);
  }
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const { prepare, run } = contenders[name];
      const count = repeats.get(name) ?? 1;
      prepare?.();
      const startCpu = processMs();
      const start = performance.now();
      for (let i = 0; i < count; i++) await run();
      times.get(name)?.push((performance.now() - start) / count);
      cpuTimes.get(name)?.push((processMs() - startCpu) / count);
    }
  }
  const timing = (name: Name): Timing => {
    const at = (values: readonly number[] = [], share: number): number =>
      values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? NaN;
    const [wall, cpu] = [times.get(name), cpuTimes.get(name)];
    return { median: at(wall, 0.5), low: at(wall, 0), cpu: at(cpu, 0.5) };
  };
  return Object.fromEntries(names.map((name) => [name, timing(name)])) as Record<Name, Timing>;
}

/** Whether a goal is reached, by the middle of the samples and by the time of the process, which a busy machine disturbs less. */
export function judge(slow: Timing, fast: Timing, goal: number): string {
  const ratios = [slow.median / fast.median, slow.cpu / fast.cpu];
  return ratios.every((ratio) => ratio >= goal)
    ? 'reached'
    : ratios.some((ratio) => ratio >= goal)
      ? 'nearly'
      : 'missed';
}

/**
 * One line of a table: the times of each contender, and how many times faster the last is than it, by each of them. `goal` is how many
 * times faster it should be than the first.
 */
export function row(title: string, timings: Readonly<Record<string, Timing>>, goal?: number): string {
  const entries = Object.entries(timings);
  const last = entries.at(-1)?.[1];
  const cells = entries.map(([name, { median, low, cpu }]) => {
    const ratios = [median / (last?.median ?? NaN), low / (last?.low ?? NaN), cpu / (last?.cpu ?? NaN)];
    const [a, b, c] = ratios.map((ratio) => ratio.toFixed(2));
    return `${name} ${median.toFixed(3)} min ${low.toFixed(3)} cpu ${cpu.toFixed(3)} ms (${a} ${b} ${c}x)`;
  });
  const [first] = entries;
  const reached = goal === undefined ? '' : ` | goal ${goal}x ${judge(first[1], last ?? first[1], goal)}`;
  return `${title.padEnd(44)} ${cells.join(' | ')}${reached}`;
}
