import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openLedgerReader } from '../../src/ledger/index.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';
import { execute, rewrite, settle } from './store.ts';

interface Clones {
  readonly place: World;
  readonly a: string;
  readonly b: string;
  readonly remote: string;
  /** Runs in a clone and expects success; its output. */
  bit(dir: string, ...words: string[]): Promise<string>;
}

const ledgerOf = (dir: string): string => join(dir, '.git/bit/ledger');

/** Two clones of one user, of a bare repository that shares the ledger. */
async function clones(share: string, work: (clones: Clones) => Promise<void>): Promise<void> {
  const place = world();
  try {
    place.start();
    place.write(
      '.bithub.yml',
      `apiVersion: bithub/v1\nkind: OrchestrationSpec\nledger:\n  share: ${share}\n`,
    );
    place.git('add', '.');
    place.git('commit', '-qm', 'share the ledger');
    const [remote, b] = [join(place.root, 'remote.git'), join(place.root, 'b')];
    place.git('clone', '-q', '--bare', place.dir, remote);
    place.git('remote', 'add', 'origin', remote);
    place.git('clone', '-q', remote, b);
    const bit = async (dir: string, ...words: string[]): Promise<string> => {
      const run = await place.bitIn(dir, ...words);
      assert.is(run.code, 0, `${words.join(' ')}: ${run.stderr}`);
      return run.stdout;
    };
    await work({ place, a: place.dir, b, remote, bit });
  } finally {
    place.close();
  }
}

/** Changes a letter of the first entry in the log a remote has. */
function spoil(place: World, remote: string): void {
  const listed = place.gitIn(remote, 'for-each-ref', '--format=%(refname)', 'refs/bithub/ledger');
  const [ref = ''] = listed.split('\n');
  const work = join(place.root, 'work');
  place.gitIn(remote, 'worktree', 'add', '-q', '--detach', work, ref);
  const [name = ''] = readdirSync(join(work, 'tile/entries/000.p'));
  const file = join(work, 'tile/entries/000.p', name);
  const bytes = readFileSync(file);
  bytes[bytes.indexOf('TAG_NEW') + 2] = 0x58;
  writeFileSync(file, bytes);
  place.gitIn(work, 'commit', '-qam', 'spoiled');
  place.gitIn(remote, 'update-ref', ref, place.gitIn(work, 'rev-parse', 'HEAD'));
}

function evidence(dir: string): string[][] {
  const folder = join(dir, '.git/bit/evidence');
  return readdirSync(folder).map((name) => readdirSync(join(folder, name)).sort());
}

suite('the ledger between clones', (test) => {
  test('chains travel, are verified, and are read as one by Lamport time', () =>
    clones('all', async ({ a, b, remote, bit, place }) => {
      await bit(a, 'tag', 'new', 'v1');
      await bit(a, 'ledger', 'push');
      await bit(b, 'ledger', 'fetch');
      await bit(b, 'tag', 'new', 'v2');
      await bit(b, 'ledger', 'push');
      await bit(a, 'ledger', 'fetch');
      await bit(a, 'tag', 'new', 'v3');
      const reader = openLedgerReader({ directory: ledgerOf(a) });
      assert.is(reader.chains().length, 2);
      const tags = [...reader.entries({ event: 'TAG_NEW', phase: 'intent' })].map(
        (entry) => entry.payload?.['summary'],
      );
      assert.equal(
        tags,
        ['tag v1', 'tag v2', 'tag v3'].map(
          (text) => tags.find((tag) => String(tag).includes(text.slice(4))) ?? text,
        ),
      );
      const times = [...reader.entries()].map(({ lamport }) => lamport);
      assert.equal(
        times,
        [...times].sort((x, y) => x - y),
      );
      assert.match(await bit(a, 'ledger', 'verify'), 'verified');
      assert.match(await bit(b, 'ledger', 'verify'), 'verified');
      // What is there is a tlog-tiles log that anybody verifies.
      const [ref = ''] = place
        .gitIn(remote, 'for-each-ref', '--format=%(refname)', 'refs/bithub/ledger')
        .split('\n');
      const files = place.gitIn(remote, 'ls-tree', '-r', '--name-only', ref).split('\n');
      assert.ok(files.includes('checkpoint') && files.some((name) => name.startsWith('tile/0/000.p/')));
      assert.is(place.gitIn(remote, 'rev-list', '--count', ref), '1');
      // Nobody undoes what another clone did.
      await bit(a, 'undo', '--yes');
      assert.is(place.gitIn(a, 'tag'), 'v1');
    }));

  test('a chain signed by a stranger is refused, and nothing of it is taken', () =>
    clones('all', async ({ a, b, bit, place }) => {
      await bit(a, 'tag', 'new', 'v1');
      await bit(a, 'ledger', 'push');
      const data = join(place.root, 'data/bit/keys');
      rmSync(data, { recursive: true });
      rmSync(join(place.root, 'data/bit/checkpoints'), { recursive: true });
      const refused = await place.bitIn(b, 'ledger', 'fetch');
      assert.is(refused.code, 7);
      assert.match(refused.stderr, 'the signer is not trusted: ed25519:');
      assert.is(openLedgerReader({ directory: ledgerOf(b) }).chains().length, 1);
      // Believed where somebody says so, and from then on.
      assert.match(await bit(b, 'ledger', 'fetch', '--pin'), 'believed from now on: ed25519:');
      assert.is(openLedgerReader({ directory: ledgerOf(b) }).chains().length, 2);
      assert.match(await bit(b, 'ledger', 'fetch'), '0 new entries');
      assert.match(await bit(b, 'ledger', 'verify'), 'verified');
    }));

  const rotated = (where: 'here' | 'elsewhere') => () =>
    clones('all', async ({ a, b, bit, place }) => {
      await bit(a, 'tag', 'new', 'v1');
      await bit(a, 'ledger', 'push');
      const keys = join(place.root, 'data/bit/keys');
      const memory = join(place.root, 'data/bit/checkpoints');
      cpSync(keys, join(place.root, 'of-a'), { recursive: true });
      // The other clone's user has a key of his own.
      rmSync(keys, { recursive: true });
      rmSync(memory, { recursive: true });
      await bit(b, 'ledger', 'fetch', '--pin');
      cpSync(keys, join(place.root, 'of-b'), { recursive: true });
      const as = (who: string): void => {
        rmSync(keys, { recursive: true });
        cpSync(join(place.root, who), keys, { recursive: true });
      };
      as('of-a');
      await bit(where === 'here' ? a : place.root, 'key', 'rotate');
      await bit(a, 'tag', 'new', 'v2');
      await bit(a, 'ledger', 'push');
      as('of-b');
      rmSync(memory, { recursive: true });
      assert.match(await bit(b, 'ledger', 'fetch'), /[1-9]\d* new entries/);
      assert.match(await bit(b, 'ledger', 'verify'), 'verified');
      const handed = [
        ...openLedgerReader({ directory: ledgerOf(b) }).entries({ event: 'KEY_ROTATE', phase: 'outcome' }),
      ];
      assert.is(handed.length, 1);
    });
  test('a chain whose key was rotated is taken by whoever believed the old one', rotated('here'));
  test('a chain whose key was rotated in another clone is handed over here, and taken', rotated('elsewhere'));

  test('a clone receives the ledger and pins who began it; one that does not verify is kept aside', () =>
    clones('all', async ({ a, remote, bit, place }) => {
      await bit(a, 'tag', 'new', 'v1');
      await bit(a, 'ledger', 'push');
      const keys = join(place.root, 'data/bit/keys');
      rmSync(keys, { recursive: true });
      rmSync(join(place.root, 'data/bit/checkpoints'), { recursive: true });
      await bit(place.root, 'clone', remote, 'c');
      const c = join(place.root, 'c');
      assert.match(readFileSync(join(c, '.git/bit/pinned_signers'), 'utf8'), 'ssh-ed25519');
      assert.is(openLedgerReader({ directory: ledgerOf(c) }).chains().length, 2);
      assert.match(await bit(c, 'ledger', 'verify'), 'verified');
      spoil(place, remote);
      rmSync(join(place.root, 'data/bit/checkpoints'), { recursive: true });
      const refused = await place.bitIn(place.root, 'clone', remote, 'd');
      assert.is(refused.code, 7, refused.stderr);
      assert.match(refused.stderr, 'd.untrusted');
      assert.not(place.exists(join(place.root, 'd')));
      assert.ok(place.exists(join(place.root, 'd.untrusted/.git')));
    }));

  test('with --signers only those in the file are believed, and a clone that does not agree is not kept', () =>
    clones('all', async ({ a, remote, bit, place }) => {
      await bit(a, 'tag', 'new', 'v1');
      await bit(a, 'ledger', 'push');
      const line = JSON.parse(await bit(a, 'key', 'show', '--json'));
      const openssh = JSON.stringify(line).match(/ssh-ed25519 [A-Za-z0-9+/=]+/)?.[0] ?? '';
      const file = (name: string, text: string): void => writeFileSync(join(place.root, name), text);
      file('good.signers', `ada@example.org namespaces="bithub-ledger" ${openssh}\n`);
      const key = Buffer.from(openssh.split(' ')[1] ?? '', 'base64');
      key[key.length - 1] = (key.at(-1) ?? 0) ^ 1;
      const other = `ssh-ed25519 ${key.toString('base64')}`;
      file('other.signers', `eve@example.org ${other}\n`);
      file('bad.signers', 'ada@example.org ssh-ed25519 nonsense\n');
      // somebody else's machine: none of these keys is one's own
      const stranger = join(place.root, 'stranger');
      Object.assign(place.env, { XDG_DATA_HOME: stranger });
      const clone = (name: string, signers: string, from = remote) =>
        place.bitIn(place.root, 'clone', from, name, '--signers', signers);
      const good = await clone('c', 'good.signers');
      assert.is(good.code, 0, good.stderr);
      assert.is(openLedgerReader({ directory: ledgerOf(join(place.root, 'c')) }).chains().length, 2);
      assert.match(await bit(join(place.root, 'c'), 'ledger', 'verify'), 'verified');

      const nothingLeft = (name: string): void =>
        assert.equal(
          readdirSync(place.root).filter((entry) => entry.includes(name)),
          [],
        );
      const wrong = await clone('dd', 'other.signers');
      assert.is(wrong.code, 7, wrong.stderr);
      assert.match(wrong.stderr, 'not signed by those in it');
      nothingLeft('dd');
      nothingLeft('bit-clone');
      assert.is((await clone('dd', 'bad.signers')).code, 2);
      assert.is((await clone('dd', 'none.signers')).code, 4);

      // the tree names a signer of its own
      place.write('.bithub/keys/allowed_signers', `eve@example.org ${other}\n`);
      place.git('add', '.');
      place.git('commit', '-qm', 'let eve in');
      place.git('push', '-q', 'origin', 'main');
      const letIn = await clone('ee', 'good.signers');
      assert.is(letIn.code, 7);
      assert.match(letIn.stderr, 'allowed_signers names ed25519:');
      nothingLeft('ee');

      // the ledger that the tree promises was taken away
      place.git('rm', '-q', '.bithub/keys/allowed_signers');
      place.git('commit', '-qm', 'eve out');
      place.git('push', '-q', 'origin', 'main');
      const [, ref = ''] = place.gitIn(remote, 'for-each-ref', 'refs/bithub/ledger').split('\t');
      place.gitIn(remote, 'update-ref', '-d', ref);
      const stripped = await clone('ff', 'good.signers');
      assert.is(stripped.code, 7);
      assert.match(stripped.stderr, 'the remote has none');
      nothingLeft('ff');
    }));

  test('pull takes the ledger along, and refuses one that does not verify', () =>
    clones('all', async ({ a, b, remote, bit, place }) => {
      await bit(a, 'tag', 'new', 'v1');
      await bit(a, 'push');
      await bit(b, 'pull');
      const reader = openLedgerReader({ directory: ledgerOf(b) });
      assert.is(reader.chains().length, 2);
      await bit(a, 'tag', 'new', 'v2');
      await bit(a, 'ledger', 'push');
      spoil(place, remote);
      const refused = await place.bitIn(b, 'pull');
      assert.is(refused.code, 7, refused.stderr);
      assert.is(openLedgerReader({ directory: ledgerOf(b) }).chains().length, 2);
    }));

  test('history load takes an export or a repository in, verified', () =>
    clones('all', async ({ a, b, remote, bit, place }) => {
      await bit(a, 'tag', 'new', 'v1');
      const out = join(place.root, 'exported');
      await bit(a, 'ledger', 'export', out);
      assert.match(await bit(b, 'history', 'load', '../exported'), /[1-9]\d* new entries/);
      assert.match(await bit(b, 'history', 'load', '../exported'), '0 new entries');
      assert.match(await bit(b, 'ledger', 'verify'), 'verified');
      const none = await place.bitIn(b, 'history', 'load', remote);
      assert.is(none.code, 4, none.stderr);
      assert.match(none.stderr, 'shares no history');
      await bit(a, 'ledger', 'push');
      await bit(b, 'history', 'load', '../remote.git');
      const reader = openLedgerReader({ directory: ledgerOf(b) });
      assert.is(reader.chains().length, 2);

      await bit(a, 'tag', 'new', 'v2');
      await bit(a, 'ledger', 'export', out);
      const [name = ''] = readdirSync(join(out, 'tile/entries/000.p')).sort((x, y) => Number(y) - Number(x));
      const file = join(out, 'tile/entries/000.p', name);
      const bytes = readFileSync(file);
      bytes[bytes.lastIndexOf('TAG_NEW') + 2] = 0x58;
      writeFileSync(file, bytes);
      const spoiled = await place.bitIn(b, 'history', 'load', '../exported');
      assert.is(spoiled.code, 7, spoiled.stderr);
      rmSync(file);
      cpSync(join(out, 'checkpoint'), join(place.root, 'elsewhere'));
      symlinkSync(join(place.root, 'elsewhere'), file);
      assert.is((await place.bitIn(b, 'history', 'load', '../exported')).code, 7);
    }));

  test('push and sync take the ledger along', () =>
    clones('all', async ({ a, b, remote, bit, place }) => {
      await bit(a, 'push');
      assert.match(place.gitIn(remote, 'for-each-ref'), 'refs/bithub/ledger/');
      await bit(b, 'sync', 'from');
      const reader = openLedgerReader({ directory: ledgerOf(b) });
      assert.is(reader.chains().length, 2);
      assert.ok([...reader.entries({ event: 'PUSH' })].length > 0);
    }));

  test('a chain that shrank is refused, with both checkpoints', () =>
    clones('all', async ({ a, b, remote, bit, place }) => {
      await bit(a, 'tag', 'new', 'v1');
      await bit(a, 'ledger', 'push');
      const [line = ''] = place.gitIn(remote, 'for-each-ref', 'refs/bithub/ledger').split('\n');
      const [oid = '', , ref = ''] = line.split(/\s/);
      await bit(a, 'tag', 'new', 'v2');
      await bit(a, 'ledger', 'push');
      await bit(b, 'ledger', 'fetch');
      place.gitIn(remote, 'update-ref', ref, oid);
      const refused = await place.bitIn(b, 'ledger', 'fetch');
      assert.is(refused.code, 7);
      assert.match(refused.stderr, /it shrank from \d+ to \d+ entries/);
      assert.equal(evidence(b), [['offered', 'seen']]);
      assert.is((await place.bitIn(b, 'ledger', 'verify')).code, 0);
    }));

  test('a chain that was rewritten is refused, with both checkpoints', () =>
    clones('all', async ({ a, b, bit, place }) => {
      await bit(a, 'tag', 'new', 'v1');
      await bit(a, 'ledger', 'push');
      await bit(b, 'ledger', 'fetch');
      const memory = join(place.root, 'data/bit/checkpoints');
      cpSync(memory, join(place.root, 'kept'), { recursive: true });
      settle(ledgerOf(a));
      rewrite(place, ledgerOf(a), 1, (fields) => ({ ...fields, as: 'Eve <eve@example.org>' }));
      rmSync(memory, { recursive: true });
      await bit(a, 'tag', 'new', 'v2');
      await bit(a, 'ledger', 'push');
      rmSync(memory, { recursive: true });
      cpSync(join(place.root, 'kept'), memory, { recursive: true });
      const refused = await place.bitIn(b, 'ledger', 'fetch');
      assert.is(refused.code, 7);
      assert.match(refused.stderr, 'is not the one that is here');
      assert.equal(evidence(b), [['offered', 'seen']]);
    }));

  test('a clone whose own ledger was put back is told by what it had shared', () =>
    clones('all', async ({ a, bit, place }) => {
      await bit(a, 'tag', 'new', 'v1');
      settle(ledgerOf(a));
      cpSync(join(ledgerOf(a), 'ledger.db'), join(place.root, 'old.db'));
      await bit(a, 'tag', 'new', 'v2');
      await bit(a, 'ledger', 'push');
      settle(ledgerOf(a));
      // The same inode: no copy, but an old state of this very clone.
      execute(ledgerOf(a), 'DELETE FROM entries WHERE seq > 1; DELETE FROM open_ops');
      rmSync(join(place.root, 'data/bit/checkpoints'), { recursive: true });
      const refused = await place.bitIn(a, 'ledger', 'fetch');
      assert.is(refused.code, 7);
      assert.match(refused.stderr, 'which writes it');
    }));

  test('entries spoiled on the way are named', () =>
    clones('all', async ({ a, b, remote, bit, place }) => {
      await bit(a, 'tag', 'new', 'v1');
      await bit(a, 'ledger', 'push');
      spoil(place, remote);
      const refused = await place.bitIn(b, 'ledger', 'fetch');
      assert.is(refused.code, 7);
      assert.match(refused.stderr, /entry 0: its signature is not that of ed25519:/);
    }));

  test('a redacted payload is gone here and from what is shared, and the chain is whole', () =>
    clones('all', async ({ a, b, remote, bit, place }) => {
      await bit(a, 'tag', 'new', 'v1', '-m', 'hushhush');
      const shared = (): string => {
        const [ref = ''] = place
          .gitIn(remote, 'for-each-ref', '--format=%(refname)', 'refs/bithub/ledger')
          .split('\n');
        return place.gitIn(remote, 'show', `${ref}:payload/0`);
      };
      await bit(a, 'ledger', 'push');
      assert.match(shared(), 'hushhush');
      const entries = [...openLedgerReader({ directory: ledgerOf(a) }).entries({ event: 'TAG_NEW' })];
      const [intent, outcome] = entries;
      const said = await bit(a, 'ledger', 'redact', intent?.entry_sha256 ?? '', '--yes');
      const other = outcome?.entry_sha256.slice(0, 12) ?? '';
      assert.match(said, `the outcome of this operation (${other}), which may hold the same text`);
      for (const { entry_sha256: digest, payload } of entries.slice(1)) {
        if (!JSON.stringify(payload).includes('hushhush')) continue;
        assert.not.match(await bit(a, 'ledger', 'redact', digest, '--yes'), 'there is still');
      }
      await bit(a, 'ledger', 'push');
      assert.not.match(shared(), 'hushhush');
      assert.not.match(readFileSync(join(ledgerOf(a), 'ledger.db')).toString('latin1'), 'hushhush');
      assert.match(await bit(a, 'ledger', 'verify'), 'verified');
      await bit(b, 'ledger', 'fetch');
      assert.match(await bit(b, 'ledger', 'verify'), 'verified');
      // what is gone without an entry that names it was not withheld but removed
      const [redaction] = [
        ...openLedgerReader({ directory: ledgerOf(a) }).entries({ event: 'LEDGER_REDACT' }),
      ];
      const refused = await place.bitIn(a, 'ledger', 'redact', redaction?.entry_sha256 ?? '', '--yes');
      assert.match(refused.stderr, 'says what was withheld');
      execute(
        ledgerOf(a),
        "UPDATE entries SET payload = NULL, nonce = NULL WHERE event = 'LEDGER_REDACT' AND phase = 'intent'",
      );
      const removed = await place.bitIn(a, 'ledger', 'verify');
      assert.is(removed.code, 7);
      assert.match(removed.stdout, /entry \d+, field withheld/);
    }));

  test('headers alone are shared where the repository says so, and nothing where it says nothing', async () => {
    await clones('headers', async ({ a, b, remote, bit, place }) => {
      await bit(a, 'tag', 'new', 'v1');
      await bit(a, 'ledger', 'push');
      const [ref = ''] = place
        .gitIn(remote, 'for-each-ref', '--format=%(refname)', 'refs/bithub/ledger')
        .split('\n');
      assert.not.match(place.gitIn(remote, 'ls-tree', '-r', '--name-only', ref), 'payload');
      await bit(b, 'ledger', 'fetch');
      const [entry] = openLedgerReader({ directory: ledgerOf(b) }).entries({ event: 'TAG_NEW' });
      assert.is(entry?.payload, undefined);
    });
    await clones('off', async ({ a, place }) => {
      const refused = await place.bitIn(a, 'ledger', 'push');
      assert.match(refused.stderr, 'does not share its ledger');
    });
  });
});
