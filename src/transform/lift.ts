import type { Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { module } from '../module/decorators.js';
import {
  collect,
  currentFrame,
  entriesIn,
  maybeCurrentFrame,
  withClosureBoundary,
  type Bundles,
  type Frame,
  type Params,
  type State,
} from '../module/frame.js';
import { Module } from '../module/module.js';
import { putState } from '../module/state.js';
import { isNode } from '../tree/tree.js';

/** Options of {@link lift} and {@link liftWithState}. */
export interface LiftOptions {
  /** Lets inner parameters have names that are there already. Default `false`. */
  readonly allowReuse?: boolean;
  /** What the names of the inner parameters get in front. Default `lifted`. */
  readonly name?: string;
}

type InitWithState<Args extends readonly unknown[]> = (...args: Args) => readonly [Params, State];

function pack<V>(
  from: State,
  to: Bundles<V>,
  prefix: string,
  allowReuse: boolean,
  entry: (value: Tensor) => V,
): number {
  let count = 0;
  for (const [bundle, values] of Object.entries(from)) {
    const name = prefix === '' ? bundle : `${prefix}/${bundle}`;
    if (!allowReuse && to.has(name)) {
      throw new TankaError(
        'lift-key-exists',
        `The lifted function made '${name}', which the transform around it has too. Give the lift another name, ` +
          'or pass { allowReuse: true } to share (in loops).',
      );
    }
    const entries = entriesIn(to, name);
    for (const [key, value] of Object.entries(values)) {
      if (!entries.has(key)) count++;
      entries.set(key, entry(value));
    }
  }
  return count;
}

function unpack<V>(from: Bundles<V>, prefix: string, value: (entry: V) => Tensor): State {
  const start = prefix === '' ? '' : `${prefix}/`;
  const own = [...from].filter(([bundle]) => bundle.startsWith(start));
  return collect(new Map(own.map(([bundle, entries]) => [bundle.slice(start.length), entries])), value);
}

/** The module behind a lift: its name is what inner names get in front. */
@module('lifted')
class LiftingModule<Args extends readonly unknown[]> extends Module {
  readonly liftPrefix: string;
  readonly #init: InitWithState<Args>;
  readonly #allowReuse: boolean;

  constructor(init: InitWithState<Args>, name: string, transparent: boolean, allowReuse: boolean) {
    super(name);
    this.liftPrefix = transparent ? this.moduleName.split('/').slice(0, -1).join('/') : this.moduleName;
    this.#init = init;
    this.#allowReuse = allowReuse;
  }

  call(...args: Args): [Params, State] {
    const frame = currentFrame('lift');
    if (frame.frozen) {
      return [
        unpack(frame.params, this.liftPrefix, (value) => value),
        unpack(frame.state, this.liftPrefix, (pair) => pair.current as Tensor),
      ];
    }
    const [params, state] = this.#init(...args);
    frame.made.params += pack(params, frame.params, this.liftPrefix, this.#allowReuse, (value) => value);
    frame.made.state += pack(state, frame.state, this.liftPrefix, this.#allowReuse, (value) => ({
      initial: value,
      current: value,
    }));
    return [params, state];
  }
}

function updaterError(what: string): TankaError {
  return new TankaError('lift-updater', `The updater of hk.liftWithState was ${what}`);
}

/** Hands the state that a lifted function ends with back to the transform around it. To be used exactly once. */
export class LiftWithStateUpdater {
  readonly #prefix: string;
  readonly #frame: Frame;
  #used = false;

  constructor(prefix: string, frame: Frame) {
    this.#prefix = prefix;
    this.#frame = frame;
    frame.teardown.push(() => {
      if (!this.#used) {
        throw updaterError(
          'never used. Call updater.update(state) with the state that the inner apply ' +
            'returned, or updater.ignoreUpdate().',
        );
      }
    });
  }

  #use(): void {
    if (this.#used) throw updaterError('used twice. Use it once in each init or apply.');
    if (maybeCurrentFrame() !== this.#frame) {
      throw updaterError('used outside of the init or apply that made it.');
    }
    this.#used = true;
  }

  /** Says that the state stays as it is. @throws `lift-updater` */
  ignoreUpdate(): void {
    this.#use();
  }

  /** Makes `state` the current state of the lifted function; what it was first stays. @throws `lift-updater` */
  update(state: State): void {
    this.#use();
    for (const [bundle, values] of Object.entries(state)) {
      const name = this.#prefix === '' ? bundle : `${this.#prefix}/${bundle}`;
      const entries = entriesIn(this.#frame.state, name);
      for (const [key, value] of Object.entries(values)) putState(this.#frame, entries, key, value);
    }
  }
}

function liftedPair<Args extends readonly unknown[]>(
  caller: string,
  init: InitWithState<Args>,
  name: string,
  transparent: boolean,
  allowReuse: boolean,
): [(...args: Args) => [Params, State], LiftWithStateUpdater] {
  const frame = currentFrame(caller);
  const lifted = new LiftingModule(init, name, transparent, allowReuse);
  const run = (...args: Args): [Params, State] =>
    transparent ? withClosureBoundary(frame, () => lifted.call(...args)) : lifted.call(...args);
  return [run, new LiftWithStateUpdater(lifted.liftPrefix, frame)];
}

function withoutAnyState<Args extends readonly unknown[]>(
  init: (...args: Args) => Params,
): InitWithState<Args> {
  return (...args) => {
    const params = init(...args);
    if (!isNode(params) || Array.isArray(params)) {
      throw new TankaError(
        'state-not-empty',
        'hk.lift takes the init of hk.transform, which returns parameters alone. Use hk.liftWithState for that of hk.transformWithState.',
      );
    }
    return [params, {}];
  };
}

/**
 * Makes the parameters of an inner transform part of the one around it. To be called inside a transform with the `init` of
 * the inner one; the result runs it in `init` and returns its parameters, which in `apply` come from those of the transform.
 *
 * @throws `outside-transform`, `lift-key-exists`, `state-not-empty`
 */
export function lift<Args extends readonly unknown[]>(
  init: (...args: Args) => Params,
  { allowReuse = false, name = 'lifted' }: LiftOptions = {},
): (...args: Args) => Params {
  const [run, updater] = liftedPair('lift', withoutAnyState(init), name, false, allowReuse);
  updater.ignoreUpdate();
  return (...args) => run(...args)[0];
}

/**
 * {@link lift} for the `init` of a transform with state: the result returns parameters and state. The updater takes the state
 * that the inner `apply` returns.
 *
 * @throws `outside-transform`, `lift-key-exists`, `lift-updater`
 */
export function liftWithState<Args extends readonly unknown[]>(
  init: InitWithState<Args>,
  { allowReuse = false, name = 'lifted' }: LiftOptions = {},
): [lifted: (...args: Args) => [Params, State], updater: LiftWithStateUpdater] {
  return liftedPair('liftWithState', init, name, false, allowReuse);
}

/**
 * {@link lift} without a name in front. The inner names are not taken: a module made later in the transform around may share them.
 *
 * @throws `outside-transform`, `lift-key-exists`, `lift-closure`, `state-not-empty`
 */
export function transparentLift<Args extends readonly unknown[]>(
  init: (...args: Args) => Params,
  { allowReuse = false }: Pick<LiftOptions, 'allowReuse'> = {},
): (...args: Args) => Params {
  const [run, updater] = liftedPair('transparentLift', withoutAnyState(init), 'lifted', true, allowReuse);
  updater.ignoreUpdate();
  return (...args) => run(...args)[0];
}

/**
 * {@link liftWithState} without a name in front.
 *
 * @throws `outside-transform`, `lift-key-exists`, `lift-closure`, `lift-updater`
 */
export function transparentLiftWithState<Args extends readonly unknown[]>(
  init: InitWithState<Args>,
  { allowReuse = false }: Pick<LiftOptions, 'allowReuse'> = {},
): [lifted: (...args: Args) => [Params, State], updater: LiftWithStateUpdater] {
  return liftedPair('transparentLiftWithState', init, 'lifted', true, allowReuse);
}
