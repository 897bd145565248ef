import { memory } from '@tensorflow/tfjs-core';
import type { Photo } from '../../../pretrained/efficientnet/photo.js';
import { announce, element, progressIn, showBars, showCode, timer } from '../page.js';
import { loadFile } from '../weights.js';
import { classifier } from './model.js';
import code from './model.ts?raw';

/** The side of the pixels that are read: more than the network sees, so that it is the network's own resizing that counts. */
const SIDE = 448;

export async function start(): Promise<void> {
  showCode('photos-code', code);
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

  const show = (bitmap: ImageBitmap): void => {
    stopCamera();
    showProblem(undefined);
    look(read(bitmap, bitmap.width, bitmap.height));
    bitmap.close();
  };
  const open = (image: Blob): Promise<void> =>
    decode(image).then(show, () =>
      showProblem('This browser cannot read that file as a photo. Try a JPEG, PNG or WebP.'),
    );
  const openSample = (name: string): Promise<void> =>
    loadFile(name, (bytes) => decode(new Blob([bytes]))).then(show, (error: unknown) =>
      showProblem((error as Error).message),
    );

  const file = element<HTMLInputElement>('file');
  file.addEventListener('change', () => {
    if (file.files?.[0] !== undefined) void open(file.files[0]);
    // The same file once more is a change too.
    file.value = '';
  });
  listenToDrops(element('drop'), open);
  document.addEventListener('paste', ({ clipboardData }) => {
    if (isShown() && clipboardData?.files[0] !== undefined) void open(clipboardData.files[0]);
  });
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-sample]')) {
    button.addEventListener('click', () => void openSample(button.dataset.sample as string));
  }
  element('camera').addEventListener('click', () => void toggleCamera(look));
  await openSample('coffee.jpg');
}

const isShown = (): boolean => !element('photos').hidden;

const decode = (image: Blob): Promise<ImageBitmap> =>
  createImageBitmap(image, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });

/** The network, called once: the first call records the plan and folds the weights in. */
function loadClassifier(): Promise<ReturnType<typeof classifier>> {
  const start = async (weights: Uint8Array): Promise<ReturnType<typeof classifier>> => {
    element('photos-progress-text').textContent = 'Recording the plan …';
    await new Promise((resolve) => setTimeout(resolve, 0));
    const classify = classifier(weights);
    classify(new ImageData(SIDE, SIDE));
    return classify;
  };
  return loadFile('efficientnet_lite0.safetensors', start, progressIn('photos', 'the weights'));
}

/** In words beside the photo, or nothing. */
function showProblem(text: string | undefined): void {
  element('photo-problem').textContent = text ?? '';
  element('photo-problem').hidden = text === undefined;
}

/** Paints the middle square, and gives its pixels to the network. */
function read(source: CanvasImageSource, width: number, height: number): Photo {
  const side = Math.min(width, height);
  const canvas = element<HTMLCanvasElement>('photo');
  canvas.width = canvas.height = Math.min(side, SIDE);
  const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  context.imageSmoothingQuality = 'high';
  const [left, top] = [Math.floor((width - side) / 2), Math.floor((height - side) / 2)];
  context.drawImage(source, left, top, side, side, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** Anywhere on the page, which a browser would leave for the photo. */
function listenToDrops(area: HTMLElement, open: (image: Blob) => Promise<void>): void {
  const listen = (event: 'dragover' | 'dragleave' | 'drop', over: boolean): void =>
    document.addEventListener(event, (dragged) => {
      if (!isShown()) return;
      dragged.preventDefault();
      area.classList.toggle('over', over);
      const dropped = event === 'drop' ? dragged.dataTransfer?.files[0] : undefined;
      if (dropped !== undefined) void open(dropped);
    });
  listen('dragover', true);
  listen('dragleave', false);
  listen('drop', false);
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
    // There are no devices at all on a page that is not secure.
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  } catch (error) {
    const refused = (error as Error).name === 'NotAllowedError';
    showProblem(
      refused
        ? 'This page may not use the camera. Allow it beside the address, then try again.'
        : 'There is no camera to use here. Choose a photo instead.',
    );
    return;
  }
  showProblem(undefined);
  element('camera').textContent = 'Stop camera';
  video.srcObject = stream;
  await video.play();
  const frame = (): void => {
    if (stream === undefined) return;
    // Nobody looks any more.
    if (!isShown()) {
      stopCamera();
      return;
    }
    look(read(video, video.videoWidth, video.videoHeight));
    // After the page had a turn: the network may take longer than a frame.
    setTimeout(() => requestAnimationFrame(frame), 0);
  };
  frame();
}
