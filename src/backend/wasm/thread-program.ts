const PROGRAM = 'var WasmBackendModuleThreadedSimd = ';
/** The one place that reads `_scriptDir` without a guard, minified or not. */
const SCRIPT_DIRECTORY = /mainScriptUrlOrBlob(?:["']\])?\s*\|\|\s*([\w$]+)/;
/** A call of the helper by which esbuild's `keepNames` names a function. */
const NAMING_HELPER = /([\w$]+)\([\w$]+,\s*["']logExceptionOnExit["']\)/;

/** What a bundler put in the place of `process`, by its one use that no minifier changes. */
const PROCESS = /([\w$]+)(?:\.default)?\.removeListener\(["']uncaughtException["']/;

/**
 * The program of a thread with its free variables declared. The stock backend makes it from the text of a function that reads `_scriptDir`, guarded by
 * `typeof`; minifiers rename the variable and shorten the guard to one that throws where it is not declared, which is in every thread. Where names are
 * kept, the function also calls a helper of the bundle; bundlers that carry a `process` for browsers (Turbopack) let it read theirs.
 */
export function repairThreadProgram(text: string): string {
  if (!text.startsWith(PROGRAM)) return text;
  const directory = SCRIPT_DIRECTORY.exec(text)?.[1];
  const helper = NAMING_HELPER.exec(text)?.[1];
  const ofNode = PROCESS.exec(text)?.[1];
  const declarations = [
    directory,
    helper && `${helper}=f=>f`,
    // Not one of Node.
    ofNode === undefined || ofNode === 'process' ? undefined : `${ofNode}={default:{}}`,
  ].filter((name) => name !== undefined);
  return declarations.length === 0 ? text : `var ${declarations.join(',')};${text}`;
}

/** Runs `start`, which hands the program to `new Blob`, and repairs it on its way. */
export async function withRepairedThreads<Result>(start: () => Promise<Result>): Promise<Result> {
  const { Blob } = globalThis;
  globalThis.Blob = class extends Blob {
    constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
      super(
        parts.map((part) => (typeof part === 'string' ? repairThreadProgram(part) : part)),
        options,
      );
    }
  };
  try {
    return await start();
  } finally {
    globalThis.Blob = Blob;
  }
}
