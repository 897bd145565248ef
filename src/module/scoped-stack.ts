const stacks: ScopedStack<unknown>[] = [];

/** Values that are in force while a function runs, outermost first. */
export class ScopedStack<T> {
  #items: readonly T[] = [];

  constructor() {
    stacks.push(this);
  }

  get items(): readonly T[] {
    return this.#items;
  }

  /** Runs `f` with `item` innermost. */
  with<R>(item: T, f: () => R): R {
    return this.replacedBy([...this.#items, item], f);
  }

  /** Runs `f` with exactly `items` in force. */
  replacedBy<R>(items: readonly T[], f: () => R): R {
    const before = this.#items;
    this.#items = items;
    try {
      return f();
    } finally {
      this.#items = before;
    }
  }
}

/** How many values are in force in each stack. */
export function stacksInForce(): number[] {
  return stacks.map((stack) => stack.items.length);
}

/** Remembers what is in force in every stack: the result runs a function under it later. */
export function captureStacks(): <R>(f: () => R) => R {
  const captured = stacks.map((stack) => stack.items);
  return (f) => captured.reduce<typeof f>((run, items, i) => () => stacks[i].replacedBy(items, run), f)();
}
