import { expect } from 'chai';
import { decorate } from '../../src/module/decorate.js';

describe('the helper of the built files for legacy decorators', () => {
  it('applies decorators of a class from the last to the first, and keeps the class where one returns nothing', () => {
    class First {}
    class Second {}
    const seen: unknown[] = [];
    const result = decorate(
      [
        (cls: never) => void seen.push(cls),
        (cls: never) => {
          seen.push(cls);
          return Second;
        },
      ],
      First,
    );
    expect(result).to.equal(Second);
    expect(seen).to.deep.equal([First, Second]);
  });

  it('gives decorators of a method its descriptor, and writes the one that they return', () => {
    class Counter {
      next(): number {
        return 1;
      }
    }
    const original = Counter.prototype.next;
    const seen: unknown[] = [];
    decorate(
      [
        (target: never, key, descriptor) => void seen.push(target, key, descriptor?.value),
        (_target, _key, descriptor) => ({ ...descriptor, value: () => 2 }),
      ],
      Counter.prototype,
      'next',
    );
    expect(seen).to.deep.equal([Counter.prototype, 'next', Counter.prototype.next]);
    expect(new Counter().next()).to.equal(2);
    expect(original.call(new Counter())).to.equal(1);
    expect(Object.getOwnPropertyDescriptor(Counter.prototype, 'next')?.enumerable).to.equal(false);
  });
});
