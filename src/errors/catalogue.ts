import type { BackendErrorCode } from './codes/backend.js';
import type { CheckpointErrorCode } from './codes/checkpoint.js';
import type { CompileErrorCode } from './codes/compile.js';
import type { ConfigErrorCode } from './codes/config.js';
import type { ConvertErrorCode } from './codes/convert.js';
import type { InitializerErrorCode } from './codes/initializers.js';
import type { ModuleErrorCode } from './codes/module.js';
import type { NnErrorCode } from './codes/nn.js';
import type { OptimErrorCode } from './codes/optim.js';
import type { PrecisionErrorCode } from './codes/precision.js';
import type { RandomErrorCode } from './codes/random.js';
import type { SummaryErrorCode } from './codes/summary.js';
import type { TransformErrorCode } from './codes/transform.js';
import type { TreeErrorCode } from './codes/tree.js';
import type { WasmErrorCode } from './codes/wasm.js';
import type { WorkerErrorCode } from './codes/worker.js';
import type { WrapperErrorCode } from './codes/wrapper.js';

/** Every code that a {@link TankaError} can carry; one file of codes a room, one page of documentation a code. */
export type ErrorCode =
  | BackendErrorCode
  | CheckpointErrorCode
  | CompileErrorCode
  | ConfigErrorCode
  | ConvertErrorCode
  | InitializerErrorCode
  | ModuleErrorCode
  | NnErrorCode
  | OptimErrorCode
  | PrecisionErrorCode
  | RandomErrorCode
  | SummaryErrorCode
  | TransformErrorCode
  | TreeErrorCode
  | WasmErrorCode
  | WorkerErrorCode
  | WrapperErrorCode;
