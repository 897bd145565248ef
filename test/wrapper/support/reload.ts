import { io } from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** What `model.save` writes. */
export async function saved(model: tfl.LayersModel): Promise<io.ModelArtifacts> {
  let written: io.ModelArtifacts | undefined;
  await model.save(
    io.withSaveHandler((artifacts) => {
      written = artifacts;
      return Promise.resolve({
        modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' },
      });
    }),
  );
  return written as io.ModelArtifacts;
}

/** Saves a model and loads it again, through JSON as a file does. */
export async function reload(model: tfl.LayersModel): Promise<tfl.LayersModel> {
  const artifacts = await saved(model);
  const topology = JSON.parse(JSON.stringify(artifacts.modelTopology)) as io.ModelJSON['modelTopology'];
  return tfl.loadLayersModel(io.fromMemory({ ...artifacts, modelTopology: topology }));
}

/** The first layer of a class. */
export function layerOfClass<T>(model: tfl.LayersModel, cls: new (...args: never[]) => T): T {
  const found: unknown[] = model.layers.filter((layer) => (layer as unknown) instanceof cls);
  if (found.length === 0) throw new Error(`The model has no layer of ${cls.name}.`);
  return found[0] as T;
}
