import { memory } from '@tensorflow/tfjs-core';
import type { Photo } from '../../../pretrained/efficientnet/photo.js';
import { announce, element, showBars, timer } from '../page.js';
import { loadFile } from '../weights.js';
import { classifier } from './model.js';
import code from './model.ts?raw';

/** The side of the pixels that are read: more than the network sees, so that it is the network's own resizing that counts. */
const SIDE = 448;

export async function start(): Promise<void> {
  element('photos-code').textContent = code;
  const classify = await loadClassifier();
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
    announce('photo-class', guesses[0].name.split(',')[0]);
    element('photos').dataset.tensors = String(memory().numTensors);
  };

  const open = async (image: Blob): Promise<void> => {
    stopCamera();
    showProblem(undefined);
    let bitmap: ImageBitmap;
    try {
      bitmap = await createImageBitmap(image, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
    } catch {
      showProblem('This browser cannot read that file as a photo. Try a JPEG, PNG or WebP.');
      return;
    }
    look(read(bitmap, bitmap.width, bitmap.height));
    bitmap.close();
  };

  const openSample = async (name: string): Promise<void> => {
    try {
      await open(new Blob([(await loadFile(name)) as Uint8Array<ArrayBuffer>]));
    } catch (error) {
      showProblem(`That photo did not load: ${(error as Error).message}`);
    }
  };

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
}

/** The network, called once: the first call records the plan and folds the weights in. */
async function loadClassifier(): Promise<ReturnType<typeof classifier>> {
  const loading = element('weights');
  loading.hidden = false;
  try {
    const weights = await loadFile('efficientnet_lite0.safetensors', showProgress);
    element('weights-state').textContent = 'Recording the plan …';
    await new Promise((resolve) => setTimeout(resolve, 0));
    const classify = classifier(weights);
    classify(new ImageData(SIDE, SIDE));
    return classify;
  } finally {
    loading.hidden = true;
  }
}

function showProgress(arrived: number, total: number | undefined): void {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  // Without a value the bar shows that something goes on.
  if (total !== undefined) element<HTMLProgressElement>('weights-progress').value = arrived / total;
  element('weights-state').textContent =
    total === undefined ? `${megabytes(arrived)} MB` : `${megabytes(arrived)} of ${megabytes(total)} MB`;
}

/** In words beside the photo, or nothing. */
function showProblem(text: string | undefined): void {
  element('photo-problem').textContent = text ?? '';
  element('photo-problem').hidden = text === undefined;
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
  element('camera').textContent = 'Use camera';
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
    showProblem(`There is no camera to use: ${(error as Error).message}`);
    return;
  }
  showProblem(undefined);
  element('camera').textContent = 'Stop camera';
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
