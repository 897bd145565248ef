import { expect } from 'chai';
import { repairThreadProgram, withRepairedThreads } from '../../../src/backend/wasm/thread-program.js';
import { threadsMayStart } from '../../../src/backend/wasm/watchdog.js';

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

  it("gets an empty process where it would read a bundler's", () => {
    const polyfilled = `${start}function(e){a.default.versions;p.forEach(function(l){a.default.removeListener("uncaughtException",l)})}`;
    expect(repairThreadProgram(polyfilled)).to.equal(`var a={default:{}};${polyfilled}`);
    const own = polyfilled.replaceAll('a.default', 'process');
    expect(repairThreadProgram(own)).to.equal(own);
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

describe('threadsMayStart', () => {
  const firefox = { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0' };
  const chromium = {
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36',
  };

  it('refuses threads in the workers of Firefox alone', () => {
    expect(threadsMayStart({ WorkerGlobalScope: {}, navigator: firefox })).to.equal(false);
    expect(threadsMayStart({ navigator: firefox })).to.equal(true);
    expect(threadsMayStart({ WorkerGlobalScope: {}, navigator: chromium })).to.equal(true);
    expect(threadsMayStart({ WorkerGlobalScope: {} })).to.equal(true);
    // The tests run in a page or in Node.
    expect(threadsMayStart()).to.equal(true);
  });
});
