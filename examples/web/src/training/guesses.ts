import type { Digits } from './trainer.js';

const SHOWN = 20;
const SIDE = 28;

/** The first images, each with the digit that the network reads in it. */
export class GuessList {
  private readonly lines: HTMLLIElement[];

  constructor(
    list: HTMLElement,
    private readonly digits: Digits,
  ) {
    this.lines = Array.from({ length: SHOWN }, (_, i) => {
      const line = document.createElement('li');
      line.append(paint(digits.images.subarray(SIDE * SIDE * i, SIDE * SIDE * (i + 1))));
      line.append(document.createElement('span'));
      return line;
    });
    list.replaceChildren(...this.lines);
  }

  show(guesses: readonly number[]): void {
    this.lines.forEach((line, i) => {
      const right = guesses[i] === this.digits.labels[i];
      line.classList.toggle('wrong', !right);
      line.title = right
        ? `read as ${guesses[i]}`
        : `read as ${guesses[i]}, but it is ${this.digits.labels[i]}`;
      (line.lastElementChild as HTMLElement).textContent = String(guesses[i]);
    });
  }
}

function paint(grey: Uint8Array): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIDE;
  const image = new ImageData(SIDE, SIDE);
  grey.forEach((value, i) => image.data.fill(value, 4 * i, 4 * i + 3).fill(255, 4 * i + 3, 4 * i + 4));
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}
