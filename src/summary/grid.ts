/** The head of a column, and whether its cells stand to the right. */
export interface GridColumn {
  readonly header: string;
  readonly right: boolean;
}

/** Columns are wider than their heads by as much, as those of Haiku's tables. */
const MARGIN = 2;

/** A table with lines between all cells; cells may have several lines. */
export function grid(columns: readonly GridColumn[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => cell.split('\n')));
  const widths = columns.map(({ header }, i) =>
    Math.max(header.length + MARGIN, ...cells.map((row) => Math.max(...row[i].map((line) => line.length)))),
  );
  const rule = (line: string): string => `+${widths.map((width) => line.repeat(width + 2)).join('+')}+`;
  const draw = (row: readonly (readonly string[])[]): string[] =>
    Array.from({ length: Math.max(...row.map((lines) => lines.length)) }, (_, at) => {
      const line = row.map((lines, i) => {
        const text = lines[at] ?? '';
        return columns[i].right ? text.padStart(widths[i]) : text.padEnd(widths[i]);
      });
      return `| ${line.join(' | ')} |`;
    });
  return [
    rule('-'),
    ...draw(columns.map(({ header }) => [header])),
    rule('='),
    ...cells.flatMap((row) => [...draw(row), rule('-')]),
  ].join('\n');
}
