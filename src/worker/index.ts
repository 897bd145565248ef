/**
 * `tanka/worker`: functions over tensors, a transformed pair or a saved graph for example, in a Worker behind functions of the same arguments.
 *
 * @module
 */
export type { Endpoint } from './endpoint.js';
export { currentSignal, serve } from './serve.js';
export {
  startWorker,
  type CallOptions,
  type Remote,
  type StartWorkerOptions,
  type WorkerPool,
} from './start-worker.js';
export { transfer } from './values.js';
