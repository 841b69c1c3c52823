import * as assert from 'uvu/assert';
import type { Improvement } from '../../src/planner/index.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

const job = (id: string, seconds: number, more = ''): string =>
  `  # what ${id} does\n  ${id}:\n${more}    steps:\n      - run: sleep ${seconds} && echo ${id}\n`;

function repository(files: Readonly<Record<string, string>>): World {
  const place = world();
  place.start();
  for (const [name, text] of Object.entries(files)) place.write(name, text);
  place.git('add', '.');
  place.git('commit', '-q', '-m', 'workflows');
  return place;
}

async function planned(place: World, ...words: string[]): Promise<Improvement> {
  const { code, stdout, stderr } = await place.bit('workflow', 'plan', ...words, '--json');
  assert.is(code, 0, stdout + stderr);
  return JSON.parse(stdout) as Improvement;
}

async function run(place: World, ...words: string[]): Promise<number> {
  const { code, stderr, stdout } = await place.bit('run', ...words);
  assert.is(code, 0, stdout + stderr);
  const list = JSON.parse((await place.bit('workflow', 'context', 'inspect', '--json')).stdout);
  return Date.parse(list.run.endedAt) - Date.parse(list.run.startedAt);
}

const CHAIN = `name: ci
max-parallel: 2
jobs:
${job('a', 0.4)}
${job('b', 0.4)}
${job('long', 0.6)}
${job('end', 0.6, '    needs: [long]\n')}`;

suite('bit workflow plan', (test) => {
  test('the order it proposes from past runs makes the next run really shorter, and undo brings the file back', async () => {
    const place = repository({ '.bithub/workflows/ci.yml': CHAIN });
    try {
      const before = await run(place, 'ci');
      const [workflow] = (await planned(place, 'ci')).workflows;
      assert.is(workflow?.forecast.runs, 1);
      const dry = await place.bit('workflow', 'plan', 'ci', '--apply', '--dry-run');
      assert.is(dry.code, 0);
      assert.is(place.read('.bithub/workflows/ci.yml'), CHAIN);
      const out = await planned(place, 'ci', '--only', 'order', '--apply');
      const [proposal] = out.proposals;
      assert.is(proposal?.kind, 'order');
      assert.ok((proposal?.saves ?? 0) > 200, String(proposal?.saves));
      assert.is((await place.bit('undo', '--yes')).code, 0);
      assert.is(place.read('.bithub/workflows/ci.yml'), CHAIN);
      assert.is((await place.bit('redo', '--yes')).code, 0);
      const text = place.read('.bithub/workflows/ci.yml');
      assert.match(text, /jobs:\n {2}# what long does\n {2}long:/);
      const after = await run(place, 'ci');
      assert.ok(after < before - 200, `${before} ms before, ${after} ms after`);
      // what was foreseen is what came
      assert.ok(
        Math.abs((workflow?.best ?? 0) - after) < 0.35 * after,
        `${workflow?.best} foreseen, ${after} ms`,
      );
      assert.equal((await planned(place, 'ci')).proposals, []);
    } finally {
      place.close();
    }
  });

  test('--branch commits it on a branch of its own; index and work tree stay', async () => {
    const place = repository({ '.bithub/workflows/ci.yml': CHAIN });
    try {
      await run(place, 'ci');
      place.write('a.txt', 'not committed\n');
      const out = await planned(place, '--apply', '--branch', 'plan/ci');
      assert.is(out.applied?.branch, 'plan/ci');
      assert.is(place.git('rev-parse', 'plan/ci'), out.applied?.commit ?? '');
      assert.is(place.git('rev-parse', 'plan/ci^'), place.git('rev-parse', 'HEAD'));
      assert.is(place.git('diff', '--name-only', 'HEAD', 'plan/ci'), '.bithub/workflows/ci.yml');
      assert.match(place.git('status', '--porcelain'), /^ ?M a.txt$/);
      assert.is((await place.bit('workflow', 'plan', '--apply', '--branch', 'plan/ci')).code, 1);
      assert.is((await place.bit('undo', '--yes')).code, 0);
      assert.is(place.git('branch', '--list', 'plan/ci'), '');
      assert.is((await place.bit('workflow', 'plan', '--apply', '--branch', '-x')).code, 2);
    } finally {
      place.close();
    }
  });

  test('jobs beside each other that begin with the same steps become one, whose parts still run when the other fails', async () => {
    const setup = '      - run: sleep 0.5\n      - run: echo ready > ready.txt\n';
    const text = `jobs:
  lint: # checks
    steps:
${setup}      - run: echo lint >> done.txt && false
  unit:
    steps:
${setup}      - name: unit
        run: |
          echo unit >> done.txt
      - run: echo after >> done.txt
  last:
    needs: [lint, unit]
    if: always()
    steps:
      - run: echo last >> done.txt
`;
    const place = repository({ '.bithub/workflows/ci.yml': text.replace(' && false', '') });
    try {
      await run(place, 'ci', '--jobs', '1');
      place.write('.bithub/workflows/ci.yml', text);
      const out = await planned(place, 'ci', '--slots', '1', '--only', 'fuse', '--apply');
      const [proposal] = out.proposals;
      assert.is(proposal?.proof, 'same');
      assert.ok((proposal?.saves ?? 0) >= 450, String(proposal?.saves));
      const made = place.read('.bithub/workflows/ci.yml');
      assert.match(made, /^ {2}lint-unit: # checks$/m);
      assert.match(made, /needs: \[lint-unit\]/);
      place.write('done.txt', '');
      const { code } = await place.bit('run', 'ci');
      assert.is(code, 1);
      assert.is(place.read('done.txt'), 'lint\nunit\nafter\nlast\n');
      // and what made them ready stops both
      place.write('.bithub/workflows/ci.yml', made.replace('sleep 0.5', 'false'));
      place.write('done.txt', '');
      assert.is((await place.bit('run', 'ci')).code, 1);
      assert.is(place.read('done.txt'), 'last\n');
    } finally {
      place.close();
    }
  });

  test('a GitHub workflow is told to keep downloads where a lockfile keys them, and nothing else of it changes', async () => {
    const text = `on: push # every one
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4 # the newest
      - run: npm ci
  other:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/setup-node@v4
        with:
          node-version: 24
      - run: npm ci
  cached:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/setup-node@v4
        with: { cache: npm }
      - run: npm ci
`;
    const place = repository({ '.github/workflows/ci.yml': text, 'package-lock.json': '{}\n' });
    try {
      const out = await planned(place, '--only', 'cache');
      assert.equal(
        out.proposals.map(({ kind, proof }) => [kind, proof]),
        [
          ['cache', 'same'],
          ['cache', 'same'],
        ],
      );
      await planned(place, '--only', 'cache', '--apply');
      assert.is(
        place.read('.github/workflows/ci.yml'),
        text
          .replace('# the newest\n', '# the newest\n        with:\n          cache: npm\n')
          .replace('node-version: 24', 'cache: npm\n          node-version: 24'),
      );
      // the patches it showed make the same
      place.git('checkout', '-q', '.github');
      place.write('p.patch', out.proposals.map(({ patch }) => patch).join(''));
      place.git('apply', 'p.patch');
      assert.match(place.read('.github/workflows/ci.yml'), /cache: npm\n {10}node-version/);
    } finally {
      place.close();
    }
  });

  test('a step that is a build target is shown with how often its inputs were the same, and is left to who looks', async () => {
    const specification = `apiVersion: bithub/v1
kind: OrchestrationSpec
build:
  targets:
    site: { command: sh make.sh, inputs: [src/**], outputs: [out/**] }
`;
    const text = 'jobs:\n  site:\n    steps:\n      - run: sh make.sh # slow\n';
    const place = repository({
      '.bithub.yml': specification,
      '.bithub/workflows/site.yml': text,
      'src/a.txt': 'a\n',
      'make.sh': 'mkdir -p out; cp src/a.txt out/\n',
    });
    try {
      for (const change of ['a', 'a', 'b', 'b']) {
        place.write('src/a.txt', `${change}\n`);
        place.write('count.txt', `${Math.random()}\n`);
        place.git('add', '-A');
        place.git('commit', '-q', '-m', change);
        await run(place, 'site');
        // the reflog knows seconds
        await new Promise((resolve) => setTimeout(resolve, 1100));
      }
      const [proposal] = (await planned(place, 'site', '--only', 'cache')).proposals;
      assert.is(proposal?.proof, 'review');
      assert.ok(
        proposal?.because.includes('in 2 of 3 past runs they were those of the run before'),
        JSON.stringify(proposal),
      );
      assert.match(proposal?.patch ?? '', /\+ {6}- run: bit build incremental --target site # slow/);
      assert.equal((await planned(place, 'site', '--only', 'cache', '--apply')).applied, null);
    } finally {
      place.close();
    }
  });

  test('two workflows of one job each become one, but not where something names the one that goes', async () => {
    const one = (name: string): string =>
      `name: ${name}\non: [push]\njobs:\n  ${name}:\n    steps:\n      - run: echo setup\n      - run: echo ${name}\n`;
    const place = repository({
      '.bithub/workflows/one.yml': one('one'),
      '.bithub/workflows/two.yml': one('two'),
    });
    try {
      await run(place, 'one', '--jobs', '1');
      const out = await planned(place, '--only', 'fuse');
      assert.is(out.proposals.length, 1);
      assert.is(out.proposals[0]?.proof, 'review');
      assert.match(out.proposals[0]?.patch ?? '', /deleted file mode/);
      await planned(place, '--only', 'fuse', '--apply', '--reviewed');
      assert.is(place.exists('.bithub/workflows/two.yml'), false);
      assert.is((await place.bit('run', 'one')).code, 0);
      await place.bit('undo', '2', '--yes');
      place.write('.bithub/notes.txt', 'see workflow two\n');
      assert.equal((await planned(place, '--only', 'fuse')).proposals, []);
    } finally {
      place.close();
    }
  });

  test('a flow is foreseen with what it calls, and its parallel workflows are put in the better order', async () => {
    const flow = `apiVersion: bithub/v1
kind: OrchestrationSpec
orchestration:
  flows:
    - name: main
      sequence:
        - workflows:
            parallel: [short, other, long] # at once
`;
    const place = repository({
      '.bithub.yml': flow,
      '.bithub/workflows/short.yml': `jobs:\n${job('s', 0.3)}`,
      '.bithub/workflows/other.yml': `jobs:\n${job('s', 0.3)}`,
      '.bithub/workflows/long.yml': `jobs:\n${job('l', 0.6)}`,
    });
    try {
      assert.is((await place.bit('flow', 'run', 'main')).code, 0);
      const out = await planned(place, '.bithub.yml#main', '--slots', '2').catch(() =>
        planned(place, '--slots', '2'),
      );
      const own = out.workflows.find(({ kind }) => kind === 'flow');
      assert.is(own?.forecast.runs, 1, JSON.stringify(out));
      assert.match(
        out.proposals[0]?.patch ?? '',
        /\+ +parallel: \[long, (?:short, other|other, short)\] # at once/,
      );
    } finally {
      place.close();
    }
  });

  test('hostile names and broken files: a clear error, a note, and never a change', async () => {
    const place = repository({
      '.bithub/workflows/bad.yml': 'jobs: [',
      '.bithub/workflows/ok.yml': `jobs:\n${job('s', 0)}`,
    });
    try {
      assert.is((await place.bit('workflow', 'plan', 'nope')).code, 4);
      assert.is((await place.bit('workflow', 'plan', '--branch', 'x')).code, 2);
      const out = await planned(place);
      assert.ok(out.workflows.some(({ notes }) => notes.some((note) => note.includes('bad.yml'))));
      const { stdout } = await place.bit('workflow', 'plan', 'ok');
      assert.match(stdout, /no past run tells/);
    } finally {
      place.close();
    }
  });
});
