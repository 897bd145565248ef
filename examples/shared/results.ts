import { mkdirSync, writeFileSync } from 'node:fs';

/** Where examples put their pictures, texts and results. */
const OUT = new URL('../out/', import.meta.url);

/** A result must lie between these. */
export interface Requirement {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Writes a file into `examples/out` and says so. */
export function writeOut(name: string, content: string | Uint8Array): void {
  mkdirSync(OUT, { recursive: true });
  writeFileSync(new URL(name, OUT), content);
  console.log(`wrote examples/out/${name}`);
}

/**
 * States the results of an example: prints them, keeps them in `examples/out/EXAMPLE.json`, and makes the program fail when a
 * requirement is not met.
 */
export function stateResults(
  example: string,
  results: Readonly<Record<string, number | readonly number[]>>,
  requirements: Readonly<Record<string, Requirement>>,
): void {
  writeOut(`${example}.json`, `${JSON.stringify(results, null, 2)}\n`);
  for (const [name, { atLeast = -Infinity, atMost = Infinity }] of Object.entries(requirements)) {
    const value = results[name] as number;
    const wanted = [
      atLeast === -Infinity ? '' : `at least ${atLeast}`,
      atMost === Infinity ? '' : `at most ${atMost}`,
    ];
    console.log(`${name}: ${value.toFixed(4)} (required: ${wanted.filter(Boolean).join(' and ')})`);
    if (value >= atLeast && value <= atMost) continue;
    console.error(`${example}: ${name} is ${value}, outside of what is required`);
    process.exitCode = 1;
  }
}
