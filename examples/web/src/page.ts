/** The element with this id. */
export function element<E extends HTMLElement = HTMLElement>(id: string): E {
  return document.getElementById(id) as E;
}

/** Writes a text that screen readers announce, only when it is another one. */
export function announce(id: string, text: string): void {
  const place = element(id);
  if (place.textContent !== text) place.textContent = text;
}

/**
 * Shows in a demonstration how much of a file has arrived, `total` where the server says so. {@link endProgress} takes it away.
 */
export function progressIn(demonstration: string, what: string): (arrived: number, total?: number) => void {
  const bar = element<HTMLProgressElement>(`${demonstration}-progress`);
  const area = bar.closest('.loading') as HTMLElement;
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  return (arrived, total) => {
    area.hidden = false;
    (area.firstElementChild as HTMLElement).textContent = `Loading ${what}`;
    // Without a value the bar shows that something goes on.
    if (total === undefined) bar.removeAttribute('value');
    else bar.value = arrived / total;
    element(`${demonstration}-progress-text`).textContent =
      total === undefined ? `${megabytes(arrived)} MB` : `${megabytes(arrived)} of ${megabytes(total)} MB`;
  };
}

/** Whatever came of it. */
export function endProgress(demonstration: string): void {
  (element(`${demonstration}-progress`).closest('.loading') as HTMLElement).hidden = true;
}

/** One line of a bar chart. */
export interface Bar {
  readonly label: string;
  /** In [0, 1]. */
  readonly value: number;
}

/** Shows probabilities as bars; the lines that are there are filled anew, so that they glide. */
export function showBars(list: HTMLElement, bars: readonly Bar[], best: number): void {
  while (list.children.length > bars.length) list.lastElementChild?.remove();
  bars.forEach(({ label, value }, i) => {
    const line = list.children[i] ?? list.appendChild(emptyLine());
    const [name, bar, percent] = line.children as unknown as HTMLElement[];
    line.classList.toggle('best', i === best);
    (line as HTMLElement).dataset.value = String(value);
    name.textContent = label;
    bar.style.setProperty('--value', value.toFixed(4));
    percent.textContent = `${(100 * value).toFixed(1)} %`;
  });
}

function emptyLine(): HTMLLIElement {
  const line = document.createElement('li');
  for (const part of ['name', 'bar', 'percent']) {
    line.appendChild(document.createElement('span')).className = part;
  }
  return line;
}

/** Times that are kept, and how many of the longest of them are left out: pauses of the browser. */
const KEPT = 30;
const LEFT_OUT = 3;

/** The mean of the last times, as text. Not the median: the clocks of some browsers tick once a millisecond. */
export function timer(): (milliseconds: number) => string {
  const times: number[] = [];
  return (milliseconds) => {
    times.push(milliseconds);
    if (times.length > KEPT) times.shift();
    const counted = times.toSorted((a, b) => a - b).slice(0, Math.max(1, times.length - LEFT_OUT));
    const mean = counted.reduce((a, b) => a + b) / counted.length;
    return mean === 0 ? '< 1 ms' : `${mean.toFixed(mean < 10 ? 2 : 0)} ms`;
  };
}

const TOKENS =
  /(?<comment>\/\*[^]*?\*\/|\/\/.*)|(?<string>'[^'\n]*')|(?<keyword>\b(?:as|class|const|export|extends|from|function|if|import|interface|let|new|readonly|return|type)\b|@[\w.]+)/g;

/** Shows code in colours. */
export function showCode(id: string, code: string): void {
  const place = element(id);
  place.replaceChildren();
  let end = 0;
  for (const { 0: text, index, groups = {} } of code.matchAll(TOKENS)) {
    const token = document.createElement('span');
    token.className = Object.keys(groups).find((kind) => groups[kind] !== undefined) as string;
    token.textContent = text;
    place.append(code.slice(end, index), token);
    end = index + text.length;
  }
  place.append(code.slice(end));
}
