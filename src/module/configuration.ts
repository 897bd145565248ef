export { context, set, type Settings } from './settings.js';
