/** The element with this id. */
export function element<E extends HTMLElement = HTMLElement>(id: string): E {
  return document.getElementById(id) as E;
}

/** Writes a text that screen readers announce, only when it is another one. */
export function announce(id: string, text: string): void {
  const place = element(id);
  if (place.textContent !== text) place.textContent = text;
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

/** The median of the last times, as text: single runs are noisy. */
export function timer(): (milliseconds: number) => string {
  const times: number[] = [];
  return (milliseconds) => {
    times.push(milliseconds);
    if (times.length > 15) times.shift();
    const median = [...times].sort((a, b) => a - b)[times.length >> 1];
    return `${median.toFixed(median < 10 ? 2 : 0)} ms`;
  };
}
