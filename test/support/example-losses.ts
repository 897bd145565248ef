import { readFileSync } from 'node:fs';
import { expect } from 'chai';

const golden = JSON.parse(
  readFileSync(new URL('../goldens/examples.json', import.meta.url), 'utf8'),
) as Record<string, number[]>;

/** Compares the first losses of an example with those that the same program has with Haiku and Optax. */
export function expectHaikuLosses(example: string, losses: unknown): void {
  const expected = golden[example];
  expect(expected).to.have.lengthOf(20);
  expect(losses).to.have.lengthOf(20);
  expected.forEach((loss, i) => {
    expect((losses as number[])[i], `loss of step ${i}`).to.be.closeTo(loss, 1e-4);
  });
}
