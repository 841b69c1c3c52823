import { execFileSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { adaptWorkflow, applyEdits, unifiedDiff } from '../../src/adaptation/index.ts';
import { BitError } from '../../src/kernel/errors.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';
import { world } from '../world.ts';

const CI = `# ours
name: ci
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: npm ci # once
      - name: Build
        run: |
          sudo apt-get install -y jq

          npm run build
          curl -fsS https://example.org | jq .
      - uses: actions/upload-artifact@v4
        with:
          name: dist
          path: path/to/build/output/**
      - uses: actions/upload-artifact@v4
        with:
          path: 'logs'   # all of them
  pack:
    needs: build
    runs-on: windows-latest
    steps:
      - run: npm ci
      - uses: actions/download-artifact@v4
        with: { name: "dist" }
  many:
    strategy:
      matrix: { os: [a, b] }
    runs-on: ubuntu-latest
    steps:
      - run: aln-analyze --input logs
      - uses: actions/upload-artifact@v4
        with:
          name: report
`;

const adapted = (text: string): string =>
  applyEdits(text, adaptWorkflow('ci.yml', text, { build: 'out/**' }).edits);

suite('a GitHub workflow adapted', (test) => {
  const after = adapted(CI);
  const jobs = (
    parse(after) as { jobs: Record<string, { steps: { run?: string; with?: Record<string, string> }[] }> }
  ).jobs;

  test('gives each artifact a name no other run or matrix job has, and fetches it by it', () => {
    const unique = '-${{ github.run_number }}-${{ github.sha }}';
    assert.is(jobs['build']?.steps[3]?.with?.['name'], `dist${unique}`);
    assert.is(jobs['build']?.steps[4]?.with?.['name'], `artifact${unique}`);
    assert.is(jobs['pack']?.steps[1]?.with?.['name'], `dist${unique}`);
    assert.is(jobs['many']?.steps[1]?.with?.['name'], `report${unique}-\${{ strategy.job-index }}`);
    assert.is(jobs['build']?.steps[3]?.with?.['path'], 'out/**');
  });

  test('tries network commands again, in shells that can, and nothing that is part of a pipe', () => {
    const [, ci, build] = jobs['build']?.steps ?? [];
    assert.match(ci?.run ?? '', /^retry\(\) \{.*\}\nretry npm ci # once\n?$/);
    assert.match(
      build?.run ?? '',
      '\nretry sudo apt-get install -y jq\n\nnpm run build\ncurl -fsS https://example.org | jq .',
    );
    assert.is(jobs['pack']?.steps[0]?.run, 'npm ci');
    assert.match(jobs['many']?.steps[0]?.run ?? '', 'if command -v aln-analyze');
  });

  test('leaves comments, and does nothing the second time', () => {
    assert.match(after, '# ours\n');
    assert.match(after, '# all of them');
    assert.is(adapted(after), after);
  });

  test('makes scripts a shell takes, which give up after three tries', () => {
    const script = String(jobs['build']?.steps[1]?.run).replace(
      'retry npm ci # once',
      'sleep() { :; }\nretry sh -c "echo try >> $OUT; exit 1" || echo "ended $?"',
    );
    const place = world();
    try {
      place.write('tries', '');
      const out = execFileSync('/bin/sh', ['-e', '-c', script], {
        env: { ...place.env, OUT: `${place.dir}/tries` },
        encoding: 'utf8',
      });
      assert.match(out, 'ended 1');
      assert.is(place.read('tries'), 'try\ntry\ntry\n');
    } finally {
      place.close();
    }
  });

  test('is shown as a patch that git applies to exactly what it says', () => {
    const place = world();
    try {
      place.start();
      place.write('ci.yml', CI);
      const { edits } = adaptWorkflow('ci.yml', CI, { build: 'out/**' });
      place.write('p.patch', unifiedDiff('ci.yml', CI, edits));
      place.git('apply', 'p.patch');
      assert.is(place.read('ci.yml'), after);
    } finally {
      place.close();
    }
  });

  test('is YAML again or refused, whatever was given', () => {
    fc.assert(
      fc.property(
        fc.nat(CI.length),
        fc.nat(12),
        fc.constantFrom('', '  ', ':', '\n', '"', '|', '- ', '*a', '&a ', '{'),
        (at, cut, put) => {
          const text = CI.slice(0, at) + put + CI.slice(at + cut);
          let made: string;
          try {
            made = adapted(text);
          } catch (error) {
            assert.instance(error, BitError);
            return;
          }
          assert.is(adapted(made), made);
        },
      ),
      { numRuns: 150, examples: [[463, 0, '&a ']] },
    );
  });
});

suite('a patch made from edits', (test) => {
  test('takes any text to what the edits make of it', () => {
    const place = world();
    place.start();
    try {
      fc.assert(
        fc.property(
          fc
            .array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1, maxLength: 40 })
            .map((lines) => `${lines.join('\n')}\nend\n`),
          fc.array(fc.tuple(fc.nat(100), fc.nat(6), fc.constantFrom('', 'x', 'x\ny', '\n')), {
            maxLength: 4,
          }),
          (text, wanted) => {
            let least = 0;
            const edits = wanted
              .map(([at, cut, put]) => ({ from: at % (text.length - 4), cut, put }))
              .sort((a, b) => a.from - b.from)
              .flatMap(({ from, cut, put }) => {
                if (from < least) return [];
                const to = Math.min(text.length - 4, from + cut);
                least = to + 1;
                return [{ from, to, text: put }];
              });
            const after = applyEdits(text, edits);
            const patch = unifiedDiff('f', text, edits);
            place.write('f', text);
            if (patch === '') return assert.is(after, text);
            place.write('../p.patch', patch);
            place.git('apply', '--unidiff-zero', '../p.patch');
            assert.is(place.read('f'), after);
          },
        ),
        { numRuns: 60 },
      );
    } finally {
      place.close();
    }
  });
});

suite('bit evolve transform workflows', (test) => {
  test('shows the diff, writes it with --apply, and undo takes it back byte for byte', async () => {
    const place = world();
    try {
      place.start();
      place.write('.github/workflows/ci.yml', CI);
      place.write('tsconfig.json', '{ "compilerOptions": { "outDir": "./out" } }');
      const shown = await place.bit('evolve', 'transform', 'workflows');
      assert.is(shown.code, 0, shown.stderr);
      assert.match(shown.stdout, '+          path: out/**');
      assert.is(place.read('.github/workflows/ci.yml'), CI);
      const applied = await place.bit('evolve', 'transform', 'workflows', 'ci', '--apply');
      assert.is(applied.code, 0, applied.stderr);
      assert.is(place.read('.github/workflows/ci.yml'), after());
      assert.is((await place.bit('undo', '--yes')).code, 0);
      assert.is(place.read('.github/workflows/ci.yml'), CI);
      const unknown = await place.bit('evolve', 'transform', 'workflows', 'cl');
      assert.is(unknown.code, 4);
      assert.match(unknown.stderr, 'did you mean: ci');
    } finally {
      place.close();
    }
  });
});

function after(): string {
  return adapted(CI);
}
