import type { Photo } from '../../../pretrained/efficientnet/photo.js';
import { element, showBars, timer } from '../page.js';
import { loadFile } from '../weights.js';
import { classifier } from './model.js';
import code from './model.ts?raw';

/** The side of the pixels that are read: more than the network sees, so that it is the network's own resizing that counts. */
const SIDE = 448;

export async function start(): Promise<void> {
  element('photos-code').textContent = code;
  const bar = element<HTMLProgressElement>('weights-progress');
  const weights = await loadFile('efficientnet_lite0.safetensors', (part) => {
    bar.value = part;
    element('weights-state').textContent = `${(9.4 * part).toFixed(1)} of 9.4 MB`;
  });
  element('weights-state').textContent = 'Recording the plan …';
  await new Promise((resolve) => setTimeout(resolve, 0));
  const classify = classifier(weights);
  // The first call records the plan and folds the weights in.
  classify(new ImageData(SIDE, SIDE));
  const time = timer();

  const look = (photo: Photo): void => {
    const begin = performance.now();
    const guesses = classify(photo);
    element('photo-time').textContent = time(performance.now() - begin);
    showBars(
      element('classes'),
      guesses.map(({ name, probability }) => ({ label: name.split(',')[0], value: probability })),
      0,
    );
  };

  const open = async (image: Blob): Promise<void> => {
    stopCamera();
    const bitmap = await createImageBitmap(image, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
    look(read(bitmap, bitmap.width, bitmap.height));
    bitmap.close();
  };

  const openSample = async (name: string): Promise<void> =>
    open(new Blob([(await loadFile(name)) as Uint8Array<ArrayBuffer>]));

  const file = element<HTMLInputElement>('file');
  file.addEventListener('change', () => {
    if (file.files?.[0] !== undefined) void open(file.files[0]);
  });
  listenToDrops(element('drop'), open);
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-sample]')) {
    button.addEventListener('click', () => void openSample(button.dataset.sample as string));
  }
  element('camera').addEventListener('click', () => void toggleCamera(look));
  await openSample('coffee.jpg');
  element('weights').hidden = true;
}

/** Paints the middle square for the eye, and gives the pixels of the whole for the network. */
function read(source: CanvasImageSource, width: number, height: number): Photo {
  const side = Math.min(width, height);
  const shown = element<HTMLCanvasElement>('photo').getContext('2d') as CanvasRenderingContext2D;
  shown.imageSmoothingQuality = 'high';
  shown.drawImage(source, (width - side) / 2, (height - side) / 2, side, side, 0, 0, 224, 224);
  const scale = Math.min(1, SIDE / side);
  const canvas = new OffscreenCanvas(Math.round(width * scale), Math.round(height * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

function listenToDrops(area: HTMLElement, open: (image: Blob) => Promise<void>): void {
  area.addEventListener('dragover', (event) => {
    event.preventDefault();
    area.classList.add('over');
  });
  area.addEventListener('dragleave', () => area.classList.remove('over'));
  area.addEventListener('drop', (event) => {
    event.preventDefault();
    area.classList.remove('over');
    const dropped = event.dataTransfer?.files[0];
    if (dropped !== undefined) void open(dropped);
  });
}

let stream: MediaStream | undefined;

function stopCamera(): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = undefined;
  element('camera').setAttribute('aria-pressed', 'false');
  element('camera').textContent = 'Use the camera';
}

async function toggleCamera(look: (photo: Photo) => void): Promise<void> {
  if (stream !== undefined) {
    stopCamera();
    return;
  }
  const video = element<HTMLVideoElement>('video');
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  } catch (error) {
    element('camera').textContent = `No camera: ${(error as Error).message}`;
    return;
  }
  element('camera').setAttribute('aria-pressed', 'true');
  element('camera').textContent = 'Stop the camera';
  video.srcObject = stream;
  await video.play();
  const frame = (): void => {
    if (stream === undefined) return;
    look(read(video, video.videoWidth, video.videoHeight));
    // After the page had a turn: the network may take longer than a frame.
    setTimeout(() => requestAnimationFrame(frame), 0);
  };
  frame();
}
