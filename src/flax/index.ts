export { flattenFlaxToHaiku, type FlaxCollection, type FlaxVariables } from './collections.js';
export { lift, type LiftedFlaxModule } from './lift.js';
export { Module, type FlaxApplyOptions, type FlaxModule } from './module.js';
