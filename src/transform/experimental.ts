export { optimizeRngUse } from './optimize-rng-use.js';
