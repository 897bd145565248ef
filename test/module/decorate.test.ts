import { expect } from 'chai';
import { decorate } from '../../src/module/decorate.js';

class Counter {
  readonly start = 1;

  next(this: void): number {
    return 1;
  }
}

describe('the helper of the built files for legacy decorators', () => {
  it('applies decorators of a class from the last to the first, and keeps the class where one returns nothing', () => {
    class Replaced {
      readonly start = 2;
    }
    const seen: unknown[] = [];
    const result = decorate(
      [
        (cls: never) => void seen.push(cls),
        (cls: never) => {
          seen.push(cls);
          return Replaced;
        },
      ],
      Counter,
    );
    expect(result).to.equal(Replaced);
    expect(seen).to.deep.equal([Counter, Replaced]);
  });

  it('gives decorators of a method its descriptor, and writes the one that they return', () => {
    class Replaced extends Counter {
      override next(this: void): number {
        return 1;
      }
    }
    const seen: unknown[] = [];
    decorate(
      [
        (target: never, key, descriptor) => void seen.push(target, key, descriptor?.value),
        (_target, _key, descriptor) => ({ ...descriptor, value: () => 2 }),
      ],
      Replaced.prototype,
      'next',
    );
    expect(seen).to.deep.equal([Replaced.prototype, 'next', Replaced.prototype.next]);
    expect(new Replaced().next()).to.equal(2);
    expect(Object.getOwnPropertyDescriptor(Replaced.prototype, 'next')?.enumerable).to.equal(false);
  });
});
