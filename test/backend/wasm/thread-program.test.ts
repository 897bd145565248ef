import { expect } from 'chai';
import { repairThreadProgram, withRepairedThreads } from '../../../src/backend/wasm/thread-program.js';

const start = 'var WasmBackendModuleThreadedSimd = ';

describe('the program of the threads', () => {
  it('gets the variable declared that a minifier renamed', () => {
    const minified = `${start}function(e={}){let t="";s!==void 0&&s&&(t=s);p({urlOrBlob:e.mainScriptUrlOrBlob||s})}`;
    expect(repairThreadProgram(minified)).to.equal(`var s;${minified}`);
  });

  it('gets the helper declared that keeps names', () => {
    const named = `${start}function(e){function a(t){}s(a,"logExceptionOnExit");p(e.mainScriptUrlOrBlob||q)}`;
    expect(repairThreadProgram(named)).to.equal(`var q,s=f=>f;${named}`);
  });

  it('stays as it is where nothing is free, and no other text is touched', () => {
    const mended = `${start}function(e){p(e["mainScriptUrlOrBlob"])}`;
    expect(repairThreadProgram(mended)).to.equal(mended);
    expect(repairThreadProgram('mainScriptUrlOrBlob||s')).to.equal('mainScriptUrlOrBlob||s');
  });

  it('is repaired on its way into a Blob, while the backend starts', async () => {
    const { Blob } = globalThis;
    const program = `${start}e.mainScriptUrlOrBlob||s`;
    const inside = await withRepairedThreads(() =>
      new globalThis.Blob([program], { type: 'text/plain' }).text(),
    );
    expect(inside).to.equal(`var s;${program}`);
    expect(globalThis.Blob).to.equal(Blob);
  });
});
