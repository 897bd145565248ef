import { TankaError } from './tanka-error.js';

/** The error for a tensor that is used after its disposal. @param what the tensor: `The parameter 'linear/w'` */
export function disposed(what: string): TankaError {
  return new TankaError(
    'tensor-disposed',
    `${what} was disposed of. Dispose of tensors after their last use, and return from tf.tidy what is needed outside.`,
  );
}
