export { fromLayersModel, type ConvertedModel } from './from-layers-model.js';
export { LayersModule } from './layers-model.js';
