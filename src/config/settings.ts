import { TankaError } from '../errors/tanka-error.js';

/** What can be set for the whole library, or for the run of one function. */
export interface Settings {
  /** How many keys a {@link PRNGSequence} splits off when it has none left. Default 1. */
  readonly rngReserveSize: number;
  /**
   * Which of JAX's two ways to turn a key into many words is used. `true` (default) is that of JAX 0.5 and later;
   * `false` that of JAX before 0.5 (`jax_threefry_partitionable=False`), for those who must reproduce old runs.
   */
  readonly threefryPartitionable: boolean;
  /** Whether modules remember their constructor's arguments for `String(module)`. Default `true`. */
  readonly moduleAutoRepr: boolean;
  /** Whether transforms inside a transform are refused where state could leak through them. Default `false`. */
  readonly checkJaxUsage: boolean;
}

let current: Settings = {
  rngReserveSize: 1,
  threefryPartitionable: true,
  moduleAutoRepr: true,
  checkJaxUsage: false,
};

/** The settings in force. */
export function settings(): Settings {
  return current;
}

function withOptions(options: Partial<Settings>): Settings {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(current, name)) {
      throw new TankaError(
        'setting-invalid',
        `There is no setting '${name}'. The settings are: ${Object.keys(current).join(', ')}.`,
      );
    }
    const expected = typeof current[name as keyof Settings];
    const valid =
      name === 'rngReserveSize' ? Number.isInteger(value) && Number(value) > 0 : typeof value === expected;
    if (!valid) {
      throw new TankaError(
        'setting-invalid',
        `The setting '${name}' must be ${name === 'rngReserveSize' ? 'a whole number above 0' : `a ${expected}`}, but got ${String(value)}.`,
      );
    }
  }
  return { ...current, ...options };
}

/**
 * Changes settings for the rest of the program; those left out stay.
 *
 * @throws `setting-invalid` for an unknown name or a value that it cannot have.
 */
export function set(options: Partial<Settings>): void {
  current = withOptions(options);
}

/**
 * Runs `f` with some settings changed and returns its result; afterwards, and when it throws, the settings are as before.
 *
 * @throws `setting-invalid` for an unknown name or a value that it cannot have.
 */
export function context<R>(options: Partial<Settings>, f: () => R): R {
  const before = current;
  current = withOptions(options);
  try {
    return f();
  } finally {
    current = before;
  }
}
