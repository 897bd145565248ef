import { dispose, memory, tensor4d, zeros, type Rank } from '@tensorflow/tfjs-core';
import network from '../../../start/network.ts?raw';
import { announce, element, progressIn, showBars, showCode, timer } from '../page.js';
import { loadCompressed, loadFile } from '../weights.js';
import { paintMaps } from './maps.js';
import { recogniser } from './model.js';
import code from './model.ts?raw';
import { Pad, type Point } from './pad.js';

/** Whether the feature maps stand beside the pad, as `style.css` has them, and not below it. */
const beside = matchMedia('(min-width: 62rem)');

export async function start(): Promise<void> {
  showCode('digits-network', network);
  showCode('digits-code', code);
  showBars(
    element('probabilities'),
    Array.from({ length: 10 }, (_, digit) => ({ label: String(digit), value: 0 })),
    -1,
  );
  const recognise = await loadFile('mnist.safetensors', recogniser, progressIn('digits', 'the weights'));
  const blankImage = zeros<Rank.R4>([1, 28, 28, 1]);
  // The first call records the plan.
  dispose([...recognise(blankImage), blankImage]);
  const time = timer();

  const look = (): void => {
    const image = pad.image();
    const begin = performance.now();
    const input = tensor4d(image, [1, 28, 28, 1]);
    const [probabilities, maps] = recognise(input);
    const values = [...probabilities.dataSync<'float32'>()];
    const took = time(performance.now() - begin);
    const best = values.indexOf(Math.max(...values));
    const blank = image.every((value) => value === 0);
    showBars(
      element('probabilities'),
      values.map((value, digit) => ({ label: String(digit), value: blank ? 0 : value })),
      blank ? -1 : best,
    );
    announce('digit', blank ? '…' : String(best));
    element('digit-time').textContent = took;
    const canvas = element<HTMLCanvasElement>('maps');
    paintMaps(canvas, maps.dataSync<'float32'>(), maps.shape, beside.matches ? 4 : 8);
    paintSeen(image);
    dispose([input, probabilities, maps]);
    element('digits').dataset.tensors = String(memory().numTensors);
  };

  // At most once a frame, however fast the pointer moves.
  let waits = false;
  const lookSoon = (): void => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => {
      waits = false;
      look();
    });
  };
  const pad = new Pad(element<HTMLCanvasElement>('pad'), lookSoon);
  beside.addEventListener('change', lookSoon);

  element('clear').addEventListener('click', () => pad.clear());
  let samples: Uint8Array | undefined;
  let next = 0;
  const showSample = async (): Promise<void> => {
    samples ??= await loadCompressed('test-images');
    pad.show(samples.subarray(784 * next, 784 * (next + 1)));
    next = (next + 1) % (samples.length / 784);
  };
  element('sample').addEventListener('click', () => {
    showSample().catch((error: unknown) => announce('digit', (error as Error).message));
  });
  pad.example(three());
}

/** The strokes of a three, in parts of the pad: an arc above another. */
function three(): Point[] {
  const arc = (middle: number, radius: number, from: number, to: number): Point[] =>
    Array.from({ length: 24 }, (_, i) => {
      const angle = ((from + ((to - from) * i) / 23) * Math.PI) / 180;
      return [0.47 + radius * Math.cos(angle), middle + 0.85 * radius * Math.sin(angle)];
    });
  return [...arc(0.34, 0.19, -155, 80), ...arc(0.66, 0.22, -80, 150)];
}

function paintSeen(image: Float32Array): void {
  const pixels = new ImageData(28, 28);
  image.forEach((value, i) => pixels.data.set([255 * value, 255 * value, 255 * value, 255], 4 * i));
  element<HTMLCanvasElement>('seen').getContext('2d')?.putImageData(pixels, 0, 0);
}
