import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** Weight of the past in the smooth curve. */
const DECAY = 0.9;

/** What the axes show before there is more: the loss of guessing among ten digits is 2.3. */
const FIRST_STEPS = 100;
const FIRST_LOSS = 2.4;

/** Losses over steps, and their running average, in the page's colours. */
export class LossChart {
  private readonly data: [number[], number[], number[]] = [[], [], []];
  private average = 0;
  private plot: uPlot;

  constructor(private readonly container: HTMLElement) {
    this.plot = this.draw();
    new ResizeObserver(() => this.plot.setSize(this.size())).observe(container);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.plot.destroy();
      this.plot = this.draw();
    });
  }

  add(losses: readonly number[]): void {
    const [steps, raw, smooth] = this.data;
    for (const loss of losses) {
      this.average = DECAY * this.average + (1 - DECAY) * loss;
      steps.push(steps.length + 1);
      raw.push(loss);
      // The weights of few steps do not add up to one yet.
      smooth.push(this.average / (1 - DECAY ** steps.length));
    }
    this.plot.setData(this.data);
  }

  clear(): void {
    for (const series of this.data) series.length = 0;
    this.average = 0;
    this.plot.setData(this.data);
  }

  private size(): { width: number; height: number } {
    return { width: this.container.clientWidth, height: this.container.clientHeight - 34 };
  }

  private draw(): uPlot {
    const colour = (name: string): string => {
      const probe = this.container.appendChild(document.createElement('i'));
      probe.style.color = `var(${name})`;
      const { color } = getComputedStyle(probe);
      probe.remove();
      return color;
    };
    const [soft, line, accent] = ['--soft', '--line', '--accent'].map(colour);
    const axis = { stroke: soft, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    return new uPlot(
      {
        ...this.size(),
        legend: { live: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: (_, _min, max) => [1, Math.max(max ?? 0, FIRST_STEPS)] },
          y: { range: (_, _min, max) => [0, max ?? FIRST_LOSS] },
        },
        axes: [
          { ...axis, size: 32 },
          { ...axis, size: 44 },
        ],
        series: [
          { label: 'step' },
          { label: 'loss', stroke: soft, width: 1, alpha: 0.45, points: { show: false } },
          { label: 'running average', stroke: accent, width: 2.5, points: { show: false } },
        ],
      },
      this.data,
      this.container,
    );
  }
}
