/** Size of what the network sees, and of the box in which MNIST's digits lie. */
const SIZE = 28;
const BOX = 20;
const PEN = 20;
const KEY_STEP = 8;
/** Points of an example a frame. */
const EXAMPLE_STEP = 0.6;

/** A place in parts of the pad. */
export type Point = readonly [x: number, y: number];

/** A canvas to draw on, white on black, with pointer and keyboard. The element around it gets `--x` and `--y`, where the pen is. */
export class Pad {
  private readonly context: CanvasRenderingContext2D;
  private at = { x: 140, y: 140 };
  private drawing = false;
  private nextOfExample: number | undefined;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly changed: () => void,
  ) {
    this.context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
    this.clear();
    this.moveTo(this.at);
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.endExample();
      this.drawing = true;
      this.moveTo(this.place(event));
      this.lineTo(this.at);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (!this.drawing) return;
      for (const { clientX, clientY } of event.getCoalescedEvents?.() ?? [])
        this.lineTo(this.place({ clientX, clientY }));
      this.lineTo(this.place(event));
    });
    for (const end of ['pointerup', 'pointercancel'] as const) {
      canvas.addEventListener(end, () => {
        this.drawing = false;
      });
    }
    this.listenToKeys();
  }

  /** Draws by itself until somebody takes the pen; at once for those who want no motion. What it drew is not there for them to draw on. */
  example(points: readonly Point[]): void {
    const { canvas } = this;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    canvas.dataset.example = 'true';
    let at = 0;
    let drawn = 0;
    const next = (): void => {
      at = still ? points.length : Math.min(points.length, at + EXAMPLE_STEP);
      for (; drawn < Math.floor(at); drawn++) {
        const [x, y] = points[drawn];
        const place = { x: x * canvas.width, y: y * canvas.height };
        if (drawn === 0) this.moveTo(place);
        this.lineTo(place);
      }
      this.nextOfExample = drawn < points.length ? requestAnimationFrame(next) : undefined;
    };
    next();
  }

  private endExample(): void {
    if (this.canvas.dataset.example === undefined) return;
    if (this.nextOfExample !== undefined) cancelAnimationFrame(this.nextOfExample);
    this.nextOfExample = undefined;
    delete this.canvas.dataset.example;
    this.clear();
    this.moveTo({ x: this.canvas.width / 2, y: this.canvas.height / 2 });
  }

  clear(): void {
    this.endExample();
    this.context.fillStyle = '#000';
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.canvas.dataset.blank = 'true';
    this.changed();
  }

  /** Shows an image of MNIST. */
  show(grey: Uint8Array): void {
    this.endExample();
    const pixels = new ImageData(SIZE, SIZE);
    grey.forEach((value, i) => pixels.data.set([value, value, value, 255], 4 * i));
    const small = new OffscreenCanvas(SIZE, SIZE);
    small.getContext('2d')?.putImageData(pixels, 0, 0);
    this.context.imageSmoothingQuality = 'high';
    this.context.drawImage(small, 0, 0, this.canvas.width, this.canvas.height);
    this.canvas.dataset.blank = 'false';
    this.changed();
  }

  /**
   * What was drawn as MNIST's images were made: fitted into a box of 20 pixels, its centre of mass in the middle of 28.
   * `[28 · 28]` in [0, 1]; all zero where nothing was drawn.
   */
  image(): Float32Array<ArrayBuffer> {
    const { width, height } = this.canvas;
    const box = inkBox(this.context.getImageData(0, 0, width, height));
    const image = new Float32Array(SIZE * SIZE);
    if (box === undefined) return image;
    const scale = BOX / Math.max(box.width, box.height);
    const scaled = new OffscreenCanvas(SIZE, SIZE);
    const context = scaled.getContext('2d', {
      willReadFrequently: true,
    }) as OffscreenCanvasRenderingContext2D;
    context.imageSmoothingQuality = 'high';
    const place = (dx: number, dy: number): Uint8ClampedArray => {
      context.fillRect(0, 0, SIZE, SIZE);
      const [w, h] = [box.width * scale, box.height * scale];
      context.drawImage(
        this.canvas,
        box.x,
        box.y,
        box.width,
        box.height,
        (SIZE - w) / 2 + dx,
        (SIZE - h) / 2 + dy,
        w,
        h,
      );
      return context.getImageData(0, 0, SIZE, SIZE).data;
    };
    const [x, y] = centreOfMass(place(0, 0));
    const data = place(Math.round(SIZE / 2 - x), Math.round(SIZE / 2 - y));
    for (let i = 0; i < image.length; i++) image[i] = data[4 * i] / 255;
    return image;
  }

  private place({ clientX, clientY }: { clientX: number; clientY: number }): { x: number; y: number } {
    const { left, top, width } = this.canvas.getBoundingClientRect();
    const scale = this.canvas.width / width;
    return { x: (clientX - left) * scale, y: (clientY - top) * scale };
  }

  private lineTo({ x, y }: { x: number; y: number }): void {
    const { context } = this;
    Object.assign(context, { strokeStyle: '#fff', lineWidth: PEN, lineCap: 'round', lineJoin: 'round' });
    context.beginPath();
    context.moveTo(this.at.x, this.at.y);
    context.lineTo(x, y);
    context.stroke();
    this.canvas.dataset.blank = 'false';
    this.moveTo({ x, y });
    this.changed();
  }

  private moveTo({ x, y }: { x: number; y: number }): void {
    this.at = { x, y };
    const { style } = this.canvas.parentElement as HTMLElement;
    style.setProperty('--x', String(x / this.canvas.width));
    style.setProperty('--y', String(y / this.canvas.height));
  }

  private listenToKeys(): void {
    const held = new Set<string>();
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    this.canvas.addEventListener('keydown', (event) => {
      if (event.key !== ' ' && !(event.key in steps)) return;
      event.preventDefault();
      this.endExample();
      held.add(event.key);
      let [dx, dy] = [0, 0];
      for (const key of held) {
        dx += (steps[key]?.[0] ?? 0) * KEY_STEP;
        dy += (steps[key]?.[1] ?? 0) * KEY_STEP;
      }
      const clamp = (value: number): number => Math.min(Math.max(value, PEN), this.canvas.width - PEN);
      const to = { x: clamp(this.at.x + dx), y: clamp(this.at.y + dy) };
      if (held.has(' ')) this.lineTo(to);
      else this.moveTo(to);
    });
    this.canvas.addEventListener('keyup', ({ key }) => held.delete(key));
    this.canvas.addEventListener('blur', () => held.clear());
  }
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function inkBox({ width, height, data }: ImageData): Box | undefined {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[4 * (y * width + x)] < 32) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return right < 0 ? undefined : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

function centreOfMass(data: Uint8ClampedArray): [x: number, y: number] {
  let [x, y, mass] = [0, 0, 0];
  for (let i = 0; i < SIZE * SIZE; i++) {
    const value = data[4 * i];
    mass += value;
    x += value * ((i % SIZE) + 0.5);
    y += value * (Math.floor(i / SIZE) + 0.5);
  }
  return [x / mass, y / mass];
}
