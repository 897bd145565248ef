export { clearPolicy, currentPolicy, getPolicy, pushPolicy, setPolicy } from './policies.js';
export { parsePolicy, type Policy } from './policy.js';
