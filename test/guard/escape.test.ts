import { generateKeyPairSync, sign } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as assert from 'uvu/assert';
import { writeAccepted } from '../../src/guard/accepted.ts';
import { POLICY_STATE, VOUCHED } from '../../src/guard/index.ts';
import { exportPublicKey } from '../../src/kernel/ed25519.ts';
import { ulid } from '../../src/kernel/ids.ts';
import { type EntrySigner, type Ledger, openLedger } from '../../src/ledger/index.ts';
import { lockRepository } from '../../src/operation/lock.ts';
import { perform } from '../../src/operation/perform.ts';
import { bench, gitEffect, REQUEST } from '../operation/fixture.ts';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';

const RULES = `package acme
import rego.v1
deny contains "no bad branches" if {
	input.action == "repo.branch"
	input.args.name == "bad"
}
deny contains "closed by the settings" if {
	input.action == "repo.branch"
	input.args.name in input.config.closed
}
`;
const LOOSE = 'package acme\n';
const SETTINGS = 'policy:\n  closed: [closed]\n';
const ACCEPTED = '.git/bit/policy/accepted.json';

/** A repository with rules, settings of theirs and a contract, committed and accepted; `elsewhere` holds none of it. */
async function guarded(place: World): Promise<void> {
  place.git('branch', 'elsewhere');
  place.write('.bithub/policies/p.rego', RULES);
  place.write('.bithub.yml', SETTINGS);
  place.write('.bit/contract.aln', 'CONTRACT: terms\n[DENY tags are not made here]\nACTION: repo.tag\n');
  place.git('add', '.');
  place.git('commit', '-q', '-m', 'rules');
  const accepted = await place.bit('policy', 'accept');
  assert.is(accepted.code, 0, accepted.stderr);
}

/** What the rules, the settings and the contract refuse is refused still; nothing was made. */
async function stillRules(place: World, what: string, dir = place.dir, status = 3): Promise<void> {
  for (const words of [
    ['branch', 'new', 'bad'],
    ['branch', 'new', 'closed'],
    ['tag', 'new', 'v1'],
  ]) {
    const run = await place.bitIn(dir, ...words);
    assert.is(run.code, status, `${what}: bit ${words.join(' ')}: ${run.stderr}${run.stdout}`);
  }
  assert.is(place.git('for-each-ref', 'refs/heads/bad', 'refs/heads/closed', 'refs/tags'), '', what);
}

async function withEnv(place: World, extra: Record<string, string>, run: () => Promise<void>): Promise<void> {
  const env = place.env as Record<string, string>;
  const before = { ...env };
  Object.assign(env, extra);
  try {
    await run();
  } finally {
    for (const name of Object.keys(extra)) delete env[name];
    Object.assign(env, before);
  }
}

/** By what name; what is done to the tree, which git puts right afterwards. */
const TREE: Readonly<Record<string, (place: World) => void>> = {
  'everything deleted': ({ dir }) => {
    for (const path of ['.bithub', '.bit', '.bithub.yml']) rmSync(join(dir, path), { recursive: true });
  },
  'rules edited': (place) => place.write('.bithub/policies/p.rego', LOOSE),
  'rules renamed': ({ dir }) =>
    renameSync(join(dir, '.bithub/policies/p.rego'), join(dir, '.bithub/policies/p.txt')),
  'rules that do not parse': (place) =>
    place.write('.bithub/policies/p.rego', 'package acme\ndeny contains {'),
  'rules linked from outside': ({ dir, root }) => {
    writeFileSync(join(root, 'loose.rego'), LOOSE);
    rmSync(join(dir, '.bithub/policies/p.rego'));
    symlinkSync(join(root, 'loose.rego'), join(dir, '.bithub/policies/p.rego'));
  },
  'the folder linked from outside': ({ dir, root }) => {
    mkdirSync(join(root, 'outside/policies'), { recursive: true });
    writeFileSync(join(root, 'outside/policies/p.rego'), LOOSE);
    rmSync(join(dir, '.bithub'), { recursive: true });
    symlinkSync(join(root, 'outside'), join(dir, '.bithub'));
  },
  'another branch': ({ git }) => void git('switch', '-q', 'elsewhere'),
  'a detached HEAD of before': ({ git }) => void git('switch', '-q', '--detach', 'elsewhere'),
  'names in other letters': (place) => {
    place.write('.BitHub/Policies/p.rego', 'package bit_hub.access\nimport rego.v1\nallow if true\n');
    place.write('.BITHUB.YML', 'policy: {}\n');
    place.write('.bithub/policies/P.REGO', LOOSE);
  },
  'settings edited': (place) => place.write('.bithub.yml', 'policy:\n  closed: []\n'),
  'settings without the section': (place) => place.write('.bithub.yml', 'ledger:\n  share: off\n'),
  'settings deleted': ({ dir }) => rmSync(join(dir, '.bithub.yml')),
  'settings renamed': ({ dir }) => renameSync(join(dir, '.bithub.yml'), join(dir, '.bithub.yaml')),
  'a contract edited': (place) => place.write('.bit/contract.aln', 'CONTRACT: other\n'),
  'signers of one’s own': (place) =>
    place.write('.bithub/keys/allowed_signers', `eve@example.org ssh-ed25519 ${'A'.repeat(68)}\n`),
};

suite('the accepted set rules whatever becomes of the tree:', (test) => {
  test('files deleted, edited, renamed, linked; branches switched; settings and contracts', () =>
    within({}, async (place) => {
      await guarded(place);
      for (const [what, tamper] of Object.entries(TREE)) {
        tamper(place);
        await stillRules(place, what);
        // and what is allowed stays allowed
        assert.is((await place.bit('branch', 'new', 'fine')).code, 0, what);
        place.git('switch', '-q', '-f', 'main');
        place.git('branch', '-q', '-D', 'fine');
        place.git('clean', '-q', '-fdx');
        place.git('reset', '-q', '--hard');
      }
    }));

  test('settings that are a link or no YAML let nothing through', () =>
    within({}, async (place) => {
      await guarded(place);
      rmSync(join(place.dir, '.bithub.yml'));
      writeFileSync(join(place.root, 'loose.yml'), 'policy: {}\n');
      symlinkSync(join(place.root, 'loose.yml'), join(place.dir, '.bithub.yml'));
      await stillRules(place, 'a link', place.dir, 2);
      rmSync(join(place.dir, '.bithub.yml'));
      place.write('.bithub.yml', 'policy: [unclosed');
      await stillRules(place, 'no YAML', place.dir, 2);
      const status = await place.bit('status');
      assert.is(status.code, 0, status.stderr);
      assert.match(status.stdout, '.bithub.yml');
    }));

  test('settings that changed are told in one line, are in the status, and count once accepted', () =>
    within({}, async (place) => {
      await guarded(place);
      place.write('.bithub.yml', 'policy:\n  closed: [other]\n');
      const run = await place.bit('branch', 'new', 'told');
      assert.is(
        run.stderr.split('policy settings changed in the tree, not accepted: bit policy accept').length,
        2,
      );
      assert.match((await place.bit('status')).stdout, '  .bithub.yml');
      const accepted = await place.bit('policy', 'accept');
      assert.not.match(accepted.stderr, 'policy settings changed');
      assert.match(accepted.stdout, '.bithub.yml');
      assert.is((await place.bit('branch', 'new', 'closed')).code, 0);
      assert.is((await place.bit('branch', 'new', 'other')).code, 3);
      // taken back, the settings of before rule again
      assert.is((await place.bit('undo', '1')).code, 0);
      assert.is((await place.bit('undo', '--yes')).code, 0);
    }));

  test('hosts and the decision log are those accepted', () =>
    within({}, async (place) => {
      place.write(
        '.bithub/policies/p.rego',
        'package acme\nimport rego.v1\ndeny contains "x" if {\n\tinput.action == "repo.branch"\n\thttp.send({"method": "GET", "url": "http://127.0.0.1:9/"}).status_code == 500\n}\n',
      );
      await place.bit('policy', 'accept');
      place.write('.bithub.yml', 'policy:\n  decision_log: true\n  http:\n    allow: ["127.0.0.1:9"]\n');
      const run = await place.bit('branch', 'new', 'x');
      assert.is(run.code, 3);
      assert.match(run.stderr, 'policy.http allows none');
      assert.not.ok(place.exists('.git/bit/decisions.log'));
    }));
});

suite('the accepted set rules from wherever one acts:', (test) => {
  test('a subfolder, a linked work tree, -C, GIT_DIR, GIT_WORK_TREE, GIT_COMMON_DIR', () =>
    within({}, async (place) => {
      await guarded(place);
      place.write('deep/er/file', 'x');
      await stillRules(place, 'a subfolder', join(place.dir, 'deep/er'));
      const linked = join(place.root, 'linked');
      place.git('worktree', 'add', '-q', linked, 'elsewhere');
      await stillRules(place, 'a work tree without the files', linked);
      for (const words of [
        ['-C', place.dir, 'branch', 'new', 'bad'],
        ['-C', linked, 'branch', 'new', 'closed'],
      ])
        assert.is((await place.bitIn(place.root, ...words)).code, 3, words.join(' '));
      const empty = join(place.root, 'empty');
      mkdirSync(empty);
      await withEnv(place, { GIT_DIR: join(place.dir, '.git'), GIT_WORK_TREE: empty }, () =>
        stillRules(place, 'GIT_WORK_TREE', empty),
      );
      await withEnv(place, { GIT_DIR: join(place.dir, '.git') }, () => stillRules(place, 'GIT_DIR', empty));
      const fake = join(place.root, 'fake');
      mkdirSync(fake);
      writeFileSync(join(fake, 'HEAD'), 'ref: refs/heads/main\n');
      for (const name of ['objects', 'refs', 'config'])
        symlinkSync(join(place.dir, '.git', name), join(fake, name));
      await withEnv(place, { GIT_DIR: fake, GIT_WORK_TREE: empty }, () =>
        stillRules(place, 'a git directory that leads into this one', empty),
      );
      await withEnv(place, { GIT_COMMON_DIR: fake }, () => stillRules(place, 'GIT_COMMON_DIR'));
    }));

  test('a bare repository, where there is no tree to read', () =>
    within({}, async (place) => {
      await guarded(place);
      place.git('config', 'core.bare', 'true');
      for (const dir of [join(place.dir, '.git'), place.dir]) {
        assert.is((await place.bitIn(dir, 'branch', 'new', 'bad')).code, 3);
        assert.is((await place.bitIn(dir, 'branch', 'new', 'closed')).code, 3);
      }
    }));

  test('hooks elsewhere, another HOME, other XDG folders and BITHUB_ variables', () =>
    within({}, async (place) => {
      await guarded(place);
      place.git('config', 'core.hooksPath', '/dev/null');
      await stillRules(place, 'core.hooksPath');
      const away = join(place.root, 'away');
      mkdirSync(join(away, 'bit/policies'), { recursive: true });
      writeFileSync(
        join(away, 'bit/policies/p.rego'),
        'package bit_hub.access\nimport rego.v1\nallow if true\n',
      );
      const elsewhere = { HOME: away, XDG_CONFIG_HOME: away, XDG_DATA_HOME: away, XDG_CACHE_HOME: away };
      await withEnv(place, elsewhere, () => stillRules(place, 'HOME and XDG'));
      const variables = {
        BITHUB_POLICY: 'off',
        BITHUB_DIR: away,
        BIT_OPERATION: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
      };
      await withEnv(place, variables, () => stillRules(place, 'BITHUB_ variables'));
      await withEnv(place, { BITHUB_TOKEN: 'nonsense' }, () => stillRules(place, 'a token that is none'));
    }));

  test('a submodule is a repository of its own, and changes nothing of what holds it', () =>
    within({}, async (place) => {
      await guarded(place);
      const inner = join(place.root, 'inner');
      mkdirSync(join(inner, '.bithub/policies'), { recursive: true });
      place.gitIn(inner, 'init', '-q', '-b', 'main');
      writeFileSync(join(inner, '.bithub/policies/p.rego'), RULES.replaceAll('bad', 'inner'));
      place.gitIn(inner, 'add', '.');
      place.gitIn(inner, 'commit', '-q', '-m', 'inner');
      place.git('-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', inner, 'sub');
      await stillRules(place, 'with a submodule');
      const sub = join(place.dir, 'sub');
      assert.is((await place.bitIn(sub, 'branch', 'new', 'inner')).code, 3);
      assert.is((await place.bitIn(sub, 'branch', 'new', 'bad')).code, 0);
      await stillRules(place, 'after acting in the submodule');
    }));
});

const LEDGER = '.git/bit/ledger';

function ledgerOf(place: World, signer: EntrySigner = stranger()): Ledger {
  return openLedger({ directory: join(place.dir, LEDGER), signer: () => signer, clock: () => new Date() });
}

function stranger(): EntrySigner {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: exportPublicKey(privateKey),
    sign: (message) => sign(null, message, privateKey),
  };
}

/** A set without rules, with the row that names it. */
function loosened(place: World): string {
  const { digest } = writeAccepted(join(place.dir, '.git/bit'), { sources: [], signers: undefined });
  const ledger = ledgerOf(place);
  ledger.writeState(POLICY_STATE, digest);
  ledger.close();
  return digest;
}

/** What who may write in the state directory, and has no key of ours, could try. */
const ROW_TOO: Readonly<Record<string, (place: World, first: string) => void | Promise<void>>> = {
  'exchanged together with the row that names it': (place) => void loosened(place),
  'taken away together with the row that names it': (place) => {
    rmSync(join(place.dir, ACCEPTED));
    const ledger = ledgerOf(place);
    ledger.writeState(POLICY_STATE, '');
    ledger.close();
  },
  'put back as it was before, row and all': (place, first) => {
    place.write(ACCEPTED, first);
    const ledger = ledgerOf(place);
    ledger.writeState(POLICY_STATE, (JSON.parse(first) as { digest: string }).digest);
    ledger.close();
  },
  'exchanged, with an entry of a key that is not ours': async (place) => {
    const digest = loosened(place);
    const ledger = ledgerOf(place);
    const op = ulid(Date.now());
    const common = { event: 'POLICY_ACCEPT', op, parent: null, as: null };
    const payload = { target: { to: digest }, [VOUCHED]: digest };
    await ledger.append([{ ...common, phase: 'intent', payload }]);
    ledger.close();
  },
  'exchanged, with an entry of ours whose payload was rewritten': (place) => {
    const digest = loosened(place);
    const database = new DatabaseSync(join(place.dir, LEDGER, 'ledger.db'));
    const [last] = database
      .prepare(`SELECT id, payload FROM entries WHERE payload LIKE '%${VOUCHED}%' ORDER BY id DESC`)
      .all();
    const payload = String(last?.['payload']).replace(
      new RegExp(`"${VOUCHED}":"[^"]*"`),
      `"${VOUCHED}":"${digest}"`,
    );
    database.prepare('UPDATE entries SET payload = ? WHERE id = ?').run(payload, Number(last?.['id']));
    database.close();
  },
  'exchanged in a copy that wrote nothing yet': (place) => {
    const away = `${place.dir}.away`;
    cpSync(place.dir, away, { recursive: true });
    rmSync(place.dir, { recursive: true });
    cpSync(away, place.dir, { recursive: true });
    rmSync(away, { recursive: true });
    loosened(place);
  },
};

suite('the accepted set itself', (test) => {
  const DAMAGE: Readonly<Record<string, (place: World, first: string) => void>> = {
    'taken away': (place) => rmSync(join(place.dir, ACCEPTED)),
    'taken away with all beside it': (place) =>
      rmSync(join(place.dir, '.git/bit/policy'), { recursive: true }),
    'exchanged for a looser one with a digest of its own': (place) =>
      void writeAccepted(join(place.dir, '.git/bit'), { sources: [], signers: undefined }),
    'put back as it was before the last one': (place, first) => place.write(ACCEPTED, first),
  };
  for (const [what, damage] of Object.entries(DAMAGE)) {
    test(`${what} denies everything until it is recovered`, () =>
      within({}, async (place) => {
        await place.bit('policy', 'accept');
        const first = place.read(ACCEPTED);
        await guarded(place);
        damage(place, first);
        place.write('.bithub/policies/p.rego', LOOSE);
        await stillRules(place, what, place.dir, 7);
        assert.is((await place.bit('policy', 'accept')).code, 7);
        const status = await place.bit('status', ...(what === 'taken away' ? [] : ['deep']));
        assert.match(status.stdout, 'Every action is denied: the accepted policy set is damaged');
        const recovered = await place.bit('policy', 'accept', '--recover');
        // without its copy the tree's is only taken once a person says so
        if (what.includes('all beside')) assert.is(recovered.code, 2, recovered.stderr);
        else {
          assert.is(recovered.code, 0, recovered.stderr);
          await stillRules(place, `${what}, recovered`);
        }
      }));
  }

  for (const [what, tamper] of Object.entries(ROW_TOO)) {
    test(`${what} is told by the entries, which are signed, and denies everything until it is recovered`, () =>
      within({}, async (place) => {
        await place.bit('policy', 'accept');
        const first = place.read(ACCEPTED);
        await guarded(place);
        assert.is((await place.bit('branch', 'new', 'fine')).code, 0);
        await tamper(place, first);
        place.write('.bithub/policies/p.rego', LOOSE);
        await stillRules(place, what, place.dir, 7);
        await stillRules(place, `${what}, asked again`, place.dir, 7);
        assert.is((await place.bit('policy', 'accept')).code, 7);
        // a copy has nothing of its own to take back
        assert.ok([4, 7].includes((await place.bit('undo', '--yes')).code));
        const status = await place.bit('status', 'deep');
        assert.match(status.stdout, 'Every action is denied: the accepted policy set is damaged');
        const recovered = await place.bit('policy', 'accept', '--recover');
        assert.is(recovered.code, 0, recovered.stderr);
        await stillRules(place, `${what}, recovered`);
      }));
  }

  test('goes with undo and redo, and with both the ledger says which it is', () =>
    within({}, async (place) => {
      await place.bit('policy', 'accept');
      await guarded(place);
      assert.is((await place.bit('undo', '--yes')).code, 0);
      assert.is((await place.bit('branch', 'new', 'bad')).code, 0);
      assert.is((await place.bit('undo', '--yes')).code, 0);
      const redone = await place.bit('redo', '--yes');
      assert.is(redone.code, 0, redone.stderr);
    }));

  test('is the one that judged, though the tree changes between the decision and its adoption', async () => {
    const b = await bench();
    try {
      const { world: place, context } = b;
      place.write('.bithub/policies/p.rego', RULES);
      assert.is(context.reader.policy.problems.length, 0);
      place.write('.bithub/policies/p.rego', LOOSE);
      await perform(context.world, REQUEST, gitEffect([['branch', 'x']]));
      assert.match(readFileSync(join(place.dir, ACCEPTED), 'utf8'), 'no bad branches');
    } finally {
      b.close();
    }
  });

  test('that was exchanged while an action waited its turn is noticed before it does anything', async () => {
    const b = await bench();
    try {
      const { world: place, context } = b;
      await place.bit('policy', 'accept');
      const state = join(place.dir, '.git/bit');
      const lock = await lockRepository(state, { signal: b.abort.signal, onWait: () => undefined });
      const waiting = perform(context.world, REQUEST, gitEffect([['branch', 'late']]));
      await new Promise((resolve) => setTimeout(resolve, 300));
      const source = { path: '.bithub/policies/p.rego', text: RULES };
      writeAccepted(state, { sources: [source], signers: undefined });
      lock.release();
      const failure = await waiting.then(
        () => undefined,
        (error: Error) => error,
      );
      assert.match(String(failure), 'another set of policies was accepted meanwhile');
      assert.is(place.git('for-each-ref', 'refs/heads/late'), '');
    } finally {
      b.close();
    }
  });
});

suite('a copied clone', (test) => {
  test('goes on under the set accepted in the one it was copied from', () =>
    within({}, async (place) => {
      await guarded(place);
      const copy = join(place.root, 'copy');
      cpSync(place.dir, copy, { recursive: true });
      rmSync(join(copy, '.bithub'), { recursive: true });
      rmSync(join(copy, '.bithub.yml'));
      for (const words of [
        ['branch', 'new', 'bad'],
        ['branch', 'new', 'closed'],
        ['tag', 'new', 'v1'],
      ])
        assert.is((await place.bitIn(copy, ...words)).code, 3, words.join(' '));
      assert.ok(existsSync(join(copy, ACCEPTED)));
    }));
});
