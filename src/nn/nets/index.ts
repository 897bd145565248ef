export { MLP, type MLPCallOptions, type MLPOptions, type MLPReverseOptions } from './mlp.js';
