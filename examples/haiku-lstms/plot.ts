const WIDTH = 720;
const HEIGHT = 240;
const MARGIN = 30;

/** One line of a plot. */
export interface Line {
  readonly label: string;
  readonly color: string;
  /** The first is drawn at x = 0. */
  readonly values: ArrayLike<number>;
}

/** Lines with values in [-1.2, 1.2] over the number of the step, as SVG; a vertical rule where the context ends. */
export function plot(lines: readonly Line[], contextLength: number): string {
  const steps = Math.max(...lines.map(({ values }) => values.length));
  const x = (step: number): string => (MARGIN + (step / (steps - 1)) * (WIDTH - 2 * MARGIN)).toFixed(1);
  const y = (value: number): string => (HEIGHT / 2 - (value / 1.2) * (HEIGHT / 2 - MARGIN)).toFixed(1);
  const path = ({ values, color }: Line): string => {
    const points = Array.from(values, (value, step) => `${x(step)},${y(value)}`);
    return `<polyline fill="none" stroke="${color}" stroke-width="2" points="${points.join(' ')}"/>`;
  };
  const legend = ({ label, color }: Line, i: number): string =>
    `<text x="${MARGIN + 130 * i}" y="18" fill="${color}">${label}</text>`;
  const rule = `<line x1="${x(contextLength)}" x2="${x(contextLength)}" y1="${MARGIN}" y2="${HEIGHT - MARGIN}" stroke="#999" stroke-dasharray="4"/>`;
  const axis = `<line x1="${MARGIN}" x2="${WIDTH - MARGIN}" y1="${y(0)}" y2="${y(0)}" stroke="#ccc"/>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    axis,
    rule,
    ...lines.map(path),
    ...lines.map(legend),
    `<text x="${WIDTH - MARGIN}" y="${HEIGHT - 8}" text-anchor="end" fill="#666">steps; the context ends at the dashed line</text>`,
    '</svg>\n',
  ].join('\n');
}
