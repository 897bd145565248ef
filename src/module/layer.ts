import { module, type ModuleDecorator } from './decorators.js';
import { toSnakeCase } from './names.js';

/**
 * The {@link module} decorator as the library's own modules carry it. Minifiers change the names of classes, so it is given here; the
 * module's name follows from it by Haiku's rule (`Conv2D` → `conv2_d`).
 *
 * @param className name of the class
 * @param positional names of the constructor's positional arguments, before the options
 * @param defaults of options and positional arguments: `String(module)` leaves them out
 */
export function layer(
  className: string,
  positional: readonly string[] = [],
  defaults: object = {},
): ModuleDecorator {
  return module(toSnakeCase(className), { className, positional, defaults });
}
