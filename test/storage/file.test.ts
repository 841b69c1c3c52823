import { mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { FileDriver, Storage } from '../../src/storage/index.ts';
import { suite } from '../suite.ts';
import { contract, refused } from './contract.ts';

suite('storage file', (test) => {
  let folder = '';
  let root = '';
  test.before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'bit-file-')));
    root = join(folder, 'in');
  });
  test.after(() => rmSync(folder, { recursive: true, force: true }));

  contract(test, () => ({ driver: new FileDriver({ root }), base: `file://${root}/` }));

  test('nothing outside its folder is read or written, by a link either', async () => {
    const driver = new FileDriver({ root });
    writeFileSync(join(folder, 'secret'), 'not yours');
    symlinkSync(join(folder, 'secret'), join(root, 'link'));
    symlinkSync(folder, join(root, 'out'));
    for (const uri of [
      '/etc/passwd',
      join(folder, 'secret'),
      join(root, 'link'),
      join(root, 'out', 'secret'),
    ])
      await refused(() => driver.read(`file://${uri}`), 'usage');
    await refused(() => driver.write(`file://${root}/out/new`, Buffer.from('x')), 'usage');
    assert.equal(readdirSync(folder).sort(), ['in', 'secret']);
  });

  test('it is there only where it was asked for', async () => {
    const storage = new Storage({ ns: { roots: [join(folder, 'ns')] } });
    await refused(() => storage.driverFor('file:///tmp/x'), 'unsupported');
    assert.equal(storage.schemes(), ['aln+ns://']);
    assert.is((await storage.driverFor('aln+ns://a/b')).scheme(), 'aln+ns');
    await storage.close();
  });
});
