import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { completionScript, SHELLS, type Shell } from '../../src/cli/completion.ts';
import { type ManifestCommand, readManifest } from '../../src/cli/manifest.ts';
import { packageRoot } from '../../src/kernel/packages.ts';
import { digestOf } from '../repository/digest.ts';
import { requireService, suite } from '../suite.ts';
import { type World, world } from '../world.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const has = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)));

/** A world whose PATH has the built program as `bit`, with some branches, tags and a remote, one of them hostile. */
function shellWorld(): World & { readonly shell: Record<string, string> } {
  const place = world();
  place.start();
  for (const name of ['feature/one', 'fix-two', ['$(touch$', '{IFS}pwned)'].join(''), "it's", 'a;b'])
    place.git('update-ref', `refs/heads/${name}`, 'HEAD');
  place.git('tag', 'v1.0');
  place.git('remote', 'add', 'upstream', 'https://example.org/x.git');
  const folder = join(place.root, 'path');
  place.write(
    join(folder, 'bit'),
    `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'bin/run.js')}' "$@"\n`,
  );
  chmodSync(join(folder, 'bit'), 0o755);
  const shell = { ...place.env, PATH: `${folder}:${place.env['PATH']}` };
  return Object.assign(place, { shell });
}

type Complete = (line: string) => string[];

/** What bash's own function answers for a line. */
function bash(place: ReturnType<typeof shellWorld>, script: string): Complete {
  return (line) => {
    const words = line.split(' ');
    const program = `source '${script}'; complete -p bit >/dev/null || exit 9
      COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
      _bit 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return run('bash', ['--norc', '-c', program], place);
  };
}

/** fish completes a line itself. */
function fish(place: ReturnType<typeof shellWorld>, script: string): Complete {
  return (line) =>
    run('fish', ['--no-config', '-c', `source '${script}'; complete -C '${line}'`], place).map(
      (found) => found.split('\t')[0] ?? '',
    );
}

/** zsh on a terminal of its own: what stands in its line after a tab. */
function zsh(place: ReturnType<typeof shellWorld>, script: string): Complete {
  return (line) => {
    const out = join(place.root, 'buffer');
    const start = join(place.root, 'start.zsh');
    writeFileSync(out, '');
    writeFileSync(
      start,
      `autoload -U compinit; compinit -u -D; source '${script}'
       dump() { print -r -- "$BUFFER" > '${out}' }; zle -N dump; bindkey '^X' dump
       setopt no_list_ambiguous; zstyle ':completion:*' menu no; PS1='READY'`,
    );
    const driver = `zmodload zsh/zpty; zpty z zsh -f -i
      zpty -w z "source '${start}'"; zpty -r z seen '*READY*'
      zpty -n -w z $'${line}\\t'; sleep 0.2; zpty -n -w z $'\\x18'
      for i in {1..100}; do [[ -s '${out}' ]] && break; sleep 0.1; done; zpty -d z`;
    run('zsh', ['-f', '-c', driver], place);
    return [readFileSync(out, 'utf8').trim()];
  };
}

function run(program: string, args: readonly string[], place: ReturnType<typeof shellWorld>): string[] {
  const { stdout, stderr, status } = spawnSync(program, args, {
    cwd: place.dir,
    env: place.shell,
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (status !== 0) throw new Error(`${program}: ${status} ${stderr}`);
  return stdout.split('\n').filter((found) => found !== '');
}

function scriptOf(place: ReturnType<typeof shellWorld>, shell: Shell): string {
  const path = join(place.root, `completion.${shell}`);
  const program = join(ROOT, 'bin/run.js');
  const text = execFileSync(process.execPath, [program, 'completion', shell], {
    cwd: place.dir,
    env: place.env,
    encoding: 'utf8',
  });
  writeFileSync(path, text);
  return path;
}

suite('completion', (test) => {
  for (const [shell, open] of [
    ['bash', bash],
    ['fish', fish],
  ] as const) {
    test(`${shell} completes commands, flags, their values, and names of the repository`, () => {
      if (!requireService(shell, has(shell))) return;
      const place = shellWorld();
      try {
        const complete = open(place, scriptOf(place, shell));
        const before = digestOf(place.dir);
        assert.ok(complete('bit bra').includes('branch'));
        assert.equal(complete('bit branch sw'), ['switch']);
        assert.ok(complete('bit branch list --js').includes('--json'));
        assert.ok(complete('bit policy check --e').some((found) => found.startsWith('--e')));
        assert.equal(complete('bit completion po'), ['powershell']);
        assert.ok(complete('bit history query --phase out').includes('outcome'));
        assert.equal(complete('bit branch switch fe'), ['feature/one']);
        assert.equal(complete('bit branch switch --quiet fi'), ['fix-two']);
        assert.equal(complete('bit tag delete v'), ['v1.0']);
        assert.equal(complete('bit push main up'), ['upstream']);
        assert.ok(complete('bit branch new x --from fe').includes('feature/one'));
        assert.ok(complete('bit listener enable ma').includes('magic.lol'));
        const all = complete('bit branch switch ');
        assert.ok(all.includes('main'));
        for (const found of all)
          assert.match(found, /^[\w./-]+$/, 'a name a shell would read is not offered');
        assert.not.ok(place.exists('pwned'), 'no name of a branch is ever run');
        assert.is(digestOf(place.dir), before, 'completing changes nothing');
      } finally {
        place.close();
      }
    });
  }

  test('zsh completes on a terminal', () => {
    if (!requireService('zsh', has('zsh'))) return;
    const place = shellWorld();
    try {
      const complete = zsh(place, scriptOf(place, 'zsh'));
      assert.equal(complete('bit branch sw'), ['bit branch switch']);
      assert.equal(complete('bit branch switch fe'), ['bit branch switch feature/one']);
      assert.equal(complete('bit branch list --jso'), ['bit branch list --json']);
      assert.equal(complete('bit history query --phase out'), ['bit history query --phase outcome']);
      assert.not.ok(place.exists('pwned'));
    } finally {
      place.close();
    }
  });

  test('the shells read what is written: bash -n, zsh -n, fish -n', () => {
    const place = shellWorld();
    try {
      for (const shell of ['bash', 'zsh', 'fish'] as const)
        if (requireService(shell, has(shell))) run(shell, ['-n', scriptOf(place, shell)], place);
    } finally {
      place.close();
    }
  });

  test("PowerShell's script is balanced, quotes every word, and names every command", () => {
    const commands = readManifest(packageRoot());
    const text = completionScript('powershell', commands);
    const plain = text.replace(/'[^'\n]*'/g, "''");
    assert.not.match(plain.replaceAll("''", ''), "'", 'a quote is open');
    for (const [open, close] of ['{}', '()', '[]'])
      assert.is(plain.split(open ?? '').length, plain.split(close ?? '').length, `${open} and ${close}`);
    const rows = text.split('\n').filter((row) => row.startsWith("$script:BitPlaces['"));
    const list = String.raw`@\((?:'[\w.@/+-]+'(?:, '[\w.@/+-]+')*)?\)`;
    const valued = String.raw`@\{ (?:'--?[\w-]+' = @\{ Only = ${list}; Kinds = ${list} \}(?:; )?)* ?\}`;
    const grammar = new RegExp(
      String.raw`^\$script:BitPlaces\['[a-z -]*'\] = @\{ Next = ${list}; Flags = ${list}; Kinds = ${list}; Valued = ${valued} \}$`,
    );
    for (const row of rows) assert.match(row, grammar);
    for (const { id, hidden } of commands)
      if (hidden !== true)
        assert.ok(
          rows.some((row) => row.startsWith(`$script:BitPlaces['${id.replaceAll(':', ' ')}']`)),
          id,
        );
    for (const row of rows) {
      const names = [...(row.split('Valued = ')[1] ?? '').matchAll(/'(--?[\w-]+)' = /g)].map((found) =>
        (found[1] ?? '').toLowerCase(),
      );
      assert.is(new Set(names).size, names.length, 'a name twice is an error in PowerShell');
    }
  });

  test("a plugin's texts can't write anything into a script", () => {
    const evil = `x'; touch pwned; '$(touch pwned)\`touch pwned\`"\n\u2019; touch pwned`;
    const command = {
      id: 'evil:thing',
      summary: evil,
      args: { a: { options: [evil, 'fine'] } },
      flags: {
        [evil]: { name: evil, type: 'boolean' },
        good: { name: evil, char: "'", type: 'option', description: evil, options: [evil, 'fine'] },
      },
    } as unknown as ManifestCommand;
    const clean = { ...command, summary: '', flags: {}, args: {} };
    for (const shell of SHELLS) {
      const text = completionScript(shell, [command, { ...command, id: evil }]);
      assert.match(text, 'fine');
      assert.not.match(text, /'; touch|\$\(touch|`touch|\u2019/, shell);
      const quotes = (script: string): number => script.split("'").length % 2;
      assert.is(quotes(text), quotes(completionScript(shell, [clean])), shell);
    }
  });

  test('says which names there are, and what it takes', async () => {
    const place = world();
    try {
      place.start();
      assert.is((await place.bit('completion', 'values', 'branches', 'tags')).stdout, 'main\n');
      assert.is((await place.bit('completion', 'values')).code, 2);
      assert.is((await place.bit('completion', 'values', 'nonsense')).code, 2);
      assert.is((await place.bit('completion', 'tcsh')).code, 2);
      const outside = await place.bitIn(place.root, 'completion', 'values', 'branches');
      assert.equal([outside.code, outside.stdout], [0, '']);
    } finally {
      place.close();
    }
  });
});
