/** The compiled `assembly/random.ts` in base64; made by `tools/build.mjs`. */
export const binary: string;
