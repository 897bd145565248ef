import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadSafetensors, loadSafetensorsFile, type FileOpener } from '../../src/checkpoint/index.js';
import { contents, expectRejection, golden } from './support.js';

describe('loadSafetensorsFile', () => {
  const bytes = golden('haiku.safetensors');
  const folder = mkdtempSync(join(tmpdir(), 'tanka-file-'));
  const path = join(folder, 'model');
  beforeEach(() => {
    writeFileSync(path, bytes);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('gives what loadSafetensors gives', async () => {
    expect(contents(await loadSafetensorsFile(path))).to.deep.equal(contents(loadSafetensors(bytes)));
  });

  it('reads the header and what passes the filter, and closes the file', async () => {
    let read = 0;
    let open = 0;
    const counting: FileOpener = {
      open: async (name, flags) => {
        const handle = await fs.open(name, flags);
        open++;
        return {
          stat: () => handle.stat(),
          read: async (into, at, length, from) => {
            read += length;
            return await handle.read(into, at, length, from);
          },
          close: () => (open--, handle.close()),
        };
      },
    };
    const filter = (key: string): boolean => key === 'mask/keep';
    const tree = await loadSafetensorsFile(path, { filter }, counting);
    expect(contents(tree)).to.deep.equal(contents(loadSafetensors(bytes, { filter })));
    expect(read).to.equal(8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) + 3);
    expect(open).to.equal(0);
  });

  it('refuses what ends early or goes on', async () => {
    for (const wrong of [
      bytes.subarray(0, 4),
      bytes.subarray(0, 100),
      bytes.subarray(0, -1),
      [...bytes, 0],
    ]) {
      writeFileSync(path, Uint8Array.from(wrong));
      await expectRejection('checkpoint-corrupt', () => loadSafetensorsFile(path, { filter: () => false }));
    }
  });
});
