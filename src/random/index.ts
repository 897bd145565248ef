export { foldIn, isKey, key, split, type PRNGKey } from './key.js';
