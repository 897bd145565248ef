import type { CustomCallbackArgs } from '@tensorflow/tfjs-layers';
import { Presets, SingleBar } from 'cli-progress';

/** Callbacks for `model.fit` that show a bar with images a second, loss, accuracy and the time left. */
export function progressBar(images: number, batchSize: number): CustomCallbackArgs {
  const bar = new SingleBar(
    {
      format:
        'training {bar} {percentage}% | {rate} images/s | loss {loss} | accuracy {accuracy} | {eta_formatted} left',
      noTTYOutput: true,
      notifyInterval: 10_000,
      // Its handler would swallow the first Ctrl-C.
      gracefulExit: false,
      etaBuffer: 50,
    } as ConstructorParameters<typeof SingleBar>[0],
    Presets.shades_classic,
  );
  let start = 0;
  let seen = 0;
  let loss = 0;
  let correct = 0;
  return {
    onTrainBegin: () => {
      start = performance.now();
      bar.start(images, 0, { rate: '-', loss: '-', accuracy: '-' });
    },
    onBatchEnd: (_batch, logs) => {
      const size = logs?.size ?? batchSize;
      seen += size;
      // Running means over the epoch, as `fit` itself reports them at its end.
      loss += size * (logs?.loss ?? NaN);
      correct += size * (logs?.acc ?? NaN);
      const rate = (1000 * seen) / (performance.now() - start);
      bar.update(seen, {
        rate: rate.toFixed(0),
        loss: (loss / seen).toFixed(4),
        accuracy: (correct / seen).toFixed(4),
      });
    },
    onTrainEnd: () => bar.stop(),
  };
}
