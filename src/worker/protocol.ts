/** From the page to the worker. */
export type Request =
  | { readonly type: 'start'; readonly data: unknown }
  | { readonly type: 'call'; readonly id: number; readonly name: string; readonly args: unknown }
  | { readonly type: 'abort'; readonly id: number };

/** From the worker to the page. */
export type Reply =
  | { readonly type: 'hello' }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: SentError };

/** An error as it crosses: structured cloning would drop `code`. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
}
