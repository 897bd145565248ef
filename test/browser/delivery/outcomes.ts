import { expect } from 'chai';
import { expectClose } from '../../support/compare.js';
import { tolerances } from '../../support/tolerances.js';
import type { Outcome } from './app/program.js';

/** What page and worker came to. */
export interface Outcomes {
  readonly page: Outcome;
  readonly worker?: Outcome;
}

/** Both halves started, trained alike and equal Node's run up to the rounding of the relaxed instructions. */
export function expectOutcomes(outcomes: Outcomes, expected: Outcome, isolated: boolean): void {
  for (const [place, outcome] of Object.entries(outcomes) as [string, Outcome][]) {
    const { report, losses, output, names } = outcome;
    expect(report, place).to.include({ simd: true, relaxedSimd: true });
    if (!isolated) expect(report.threads, place).to.equal(1);
    expect(report.kernels, place).to.deep.equal(expected.report.kernels);
    expect(outcome.isolated, place).to.equal(isolated);
    expect(names, place).to.deep.equal(expected.names);
    expectClose(Float32Array.from(losses), Float32Array.from(expected.losses), tolerances.output, place);
    expectClose(Float32Array.from(output), Float32Array.from(expected.output), tolerances.output, place);
  }
}
