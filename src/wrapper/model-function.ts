import { TankaError } from '../errors/tanka-error.js';
import type { PRNGKey } from '../random/key.js';
import { notPromise } from './promises.js';
import { show, signatureOf, type AnyFunction, type ModelArgument, type Signature } from './signature.js';

/** A model as a pair of functions, and what it starts from. */
export interface ModelFunctionOptions {
  /** Runs the model: an `apply` of tanka as it is, or a function named by `signature`. */
  readonly callFn: AnyFunction;
  /** Makes the parameters (and the state) when neither is given: an `init` of tanka as it is, or a function named by `signature`. */
  readonly initFn?: AnyFunction | null;
  /** Trainable values: any nesting of tensors, numbers and arrays. Copied. */
  readonly params?: unknown;
  /** Values that the model updates itself. Copied. */
  readonly state?: unknown;
  /** Refuses that only one of `params` and `state` is given where the model takes both. Default `false`, as in Keras. */
  readonly strict?: boolean;
}

/** What a call of a model takes beside its parameters and state. */
export interface CallArguments {
  /** A key, or `null` in inference. */
  readonly rng?: PRNGKey | null;
  /** Any nesting of tensors. */
  readonly inputs: unknown;
  /** Default `false`. */
  readonly training?: boolean;
}

const CALL_ARGUMENTS: readonly ModelArgument[] = ['params', 'state', 'rng', 'inputs', 'training'];
const INIT_ARGUMENTS: readonly ModelArgument[] = ['rng', 'inputs', 'training'];

/** Required names first, then unknown ones, with Keras' words; its list of names is in no fixed order, ours is. */
function checkNames(
  { names }: Signature,
  what: 'call_fn' | 'init_fn',
  allowed: readonly ModelArgument[],
): void {
  if (!names.includes('inputs')) {
    throw new TankaError(
      'wrapper-signature-argument',
      `Missing required argument in \`${what}\`: \`inputs\``,
    );
  }
  const unknown = names.find((name) => !allowed.includes(name as ModelArgument));
  if (unknown !== undefined) {
    throw new TankaError(
      'wrapper-signature-argument',
      `Unsupported argument in \`${what}\`: \`${unknown}\`, supported arguments are ${allowed.map((name) => `\`${name}\``).join(', ')}`,
    );
  }
}

function invoke(
  fn: AnyFunction,
  { names, object }: Signature,
  values: Record<ModelArgument, unknown>,
): unknown {
  const known = names as readonly ModelArgument[];
  return object
    ? fn(Object.fromEntries(known.map((name) => [name, values[name]])) as never)
    : fn(...(known.map((name) => values[name]) as never[]));
}

/** The two parts of a result that must be an array of two. */
function pairOf(
  result: unknown,
  what: string,
  code: 'wrapper-init-result' | 'wrapper-output-invalid',
  hint: string,
): [unknown, unknown] {
  if (Array.isArray(result) && result.length === 2) return result as [unknown, unknown];
  const got = Array.isArray(result) ? `an array of ${result.length}` : show(result);
  throw new TankaError(
    code,
    `${what} must return an array of exactly two, because \`call_fn\` takes \`state\`, but it returned ${got}. ${hint}`,
  );
}

/** A model behind the documented argument names: it checks signatures and results, and knows no framework of layers. */
export class ModelFunction {
  readonly callFn: AnyFunction;
  readonly initFn: AnyFunction | null;
  readonly #call: Signature;
  readonly #init: Signature | null;

  /** @throws `wrapper-function-invalid`, `wrapper-signature-missing`, `wrapper-signature-argument`, `wrapper-init-missing` */
  constructor({ callFn, initFn = null, params = null, state = null, strict = false }: ModelFunctionOptions) {
    this.callFn = callFn;
    this.initFn = initFn;
    this.#call = signatureOf(callFn, 'call_fn');
    checkNames(this.#call, 'call_fn', CALL_ARGUMENTS);
    const wanted = this.takes('params') || this.takes('state');
    if (initFn === null && params === null && state === null && wanted) {
      throw new TankaError(
        'wrapper-init-missing',
        '`init_fn`, `params` and `state` cannot all be `None` when `call_fn` takes a `params` or a `state` argument.',
      );
    }
    this.#init = initFn === null ? null : signatureOf(initFn, 'init_fn');
    if (this.#init !== null) checkNames(this.#init, 'init_fn', INIT_ARGUMENTS);
    if (strict && this.takes('params') && this.takes('state') && (params === null) !== (state === null)) {
      const [given, missing] = params === null ? ['state', 'params'] : ['params', 'state'];
      throw new TankaError(
        'wrapper-init-missing',
        `\`${given}\` was given without \`${missing}\`: \`init_fn\` runs only when neither is given, so \`${missing}\` would stay null. ` +
          'Give both or neither, or leave `strict` out.',
      );
    }
  }

  /** Names of the arguments of `call_fn`, in its order. */
  get callArguments(): readonly string[] {
    return this.#call.names;
  }

  /** Names of the arguments of `init_fn`, in its order, or `null` without one. */
  get initArguments(): readonly string[] | null {
    return this.#init?.names ?? null;
  }

  /** Whether `call_fn` takes an argument. A model has state when it takes `state`. */
  takes(argument: ModelArgument): boolean {
    return this.#call.names.includes(argument);
  }

  /** Whether any of the functions takes a key. */
  get random(): boolean {
    return this.takes('rng') || (this.#init?.names.includes('rng') ?? false);
  }

  /**
   * Runs `init_fn`, in training mode, as Keras does.
   *
   * @throws `wrapper-init-missing`, `wrapper-init-result`, `wrapper-promise`
   */
  init(rng: PRNGKey | null, inputs: unknown): { params: unknown; state: unknown } {
    if (this.initFn === null || this.#init === null) {
      throw new TankaError('wrapper-init-missing', 'The layer has no `init_fn` to make its parameters with.');
    }
    const values = { rng, inputs, training: true, params: undefined, state: undefined };
    const result = notPromise(invoke(this.initFn, this.#init, values), 'The result of `init_fn`');
    if (result === undefined) {
      throw new TankaError(
        'wrapper-init-result',
        '`init_fn` returned nothing. Return the parameters, or null for a model that has none.',
      );
    }
    if (!this.takes('state')) return { params: result, state: null };
    const hint = 'Return [params, state].';
    const [params, state] = pairOf(result, '`init_fn`', 'wrapper-init-result', hint);
    return { params, state };
  }

  /**
   * Runs `call_fn`.
   *
   * @returns what it returned; `state` is `null` when it takes none
   * @throws `wrapper-output-invalid`, `wrapper-promise`, and whatever `call_fn` throws
   */
  call(
    params: unknown,
    state: unknown,
    { rng = null, inputs, training = false }: CallArguments,
  ): { outputs: unknown; state: unknown } {
    const values = { params, state, rng, inputs, training };
    const result = notPromise(invoke(this.callFn, this.#call, values), 'The result of `call_fn`');
    if (!this.takes('state')) return { outputs: result, state: null };
    const hint = 'Return [outputs, state].';
    const [outputs, next] = pairOf(result, '`call_fn`', 'wrapper-output-invalid', hint);
    return { outputs, state: next };
  }
}
