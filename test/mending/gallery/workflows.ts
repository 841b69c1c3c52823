/** Broken workflows: their own files, the actions they use, the artifacts they take. */
import type { Exhibit } from './exhibit.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

/** An action of somebody else's, vendored as `bit workflow vendor` does it. */
function vendored(place: Parameters<Exhibit['make']>[0]): string {
  const folder = `${place.root}/server/octo/greet`;
  place.gitIn(place.root, 'init', '-q', '-b', 'main', folder);
  place.write(
    `${folder}/action.yml`,
    'name: greet\nruns:\n  using: composite\n  steps:\n    - run: echo hello\n      shell: bash\n',
  );
  place.gitIn(folder, 'add', '.');
  place.gitIn(folder, 'commit', '-q', '-m', 'one');
  place.gitIn(folder, 'tag', 'v1');
  return `file://${place.root}/server`;
}

const github = (steps: string): string =>
  `on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n${steps}`;

export const WORKFLOWS: readonly Exhibit[] = [
  {
    fixer: 'workflow-yaml',
    title: 'a colon in a script without quotes',
    make: (place) => place.step('echo "status: fine"'),
    unreadable: true,
    cause: /ci\.yml:4:\d+: /,
    end: 'fixed',
  },
  {
    fixer: 'workflow-yaml',
    title: 'tabs, a misspelt key and no event',
    make: (place) =>
      place.write(
        '.github/workflows/ci.yml',
        'name: CI\njobs:\n\tbuild:\n\t\truns_on: ubuntu-latest\n\t\tstpes:\n\t\t\t- run: echo\n',
      ),
    unreadable: true,
    cause: /Tabs are not allowed/,
    end: 'fixed',
  },
  {
    fixer: 'workflow-yaml',
    title: 'an action of the tree that is no YAML',
    make(place) {
      place.write(
        '.github/actions/hello/action.yml',
        'name: hello\nruns:\n  using: composite\n  steps:\n    - run: echo hello: you\n      shell: bash\n',
      );
      place.write(
        '.github/workflows/ci.yml',
        github('      - run: "true"\n      - uses: ./.github/actions/hello\n'),
      );
    },
    cause: /action\.yml:5:\d+: /,
    end: 'fixed',
  },
  {
    fixer: 'unpinned-action',
    title: 'an action by a branch that nobody vendored',
    make(place) {
      const from = vendored(place);
      place.write('.github/workflows/ci.yml', github('      - run: "true"\n      - uses: octo/greet@v1\n'));
      place.write('from', from);
    },
    async before(place) {
      await place.bit('workflow', 'vendor', '--from', place.read('from'));
      place.write('.github/workflows/ci.yml', github('      - run: "true"\n      - uses: octo/greet@main\n'));
      place.commit('by branch');
    },
    cause: /octo\/greet@main/,
    end: 'fixed',
  },
  {
    fixer: 'unpinned-action',
    title: 'a check that every action is named by its commit',
    make(place) {
      place.write(
        '.github/workflows/release.yml',
        github(`      - run: "true"\n      - if: false\n        uses: octo/greet@${COMMIT} # v1\n`),
      );
      place.write(
        '.github/workflows/other.yml',
        github('      - run: "true"\n      - if: false\n        uses: octo/greet@v1\n'),
      );
      place.ci(
        `      - run: |
          if grep -nE 'uses: [^.]+@(main|master|v[0-9]+)$' .github/workflows/*.yml; then
            echo 'these actions are not pinned'
            exit 1
          fi
`,
      );
    },
    cause: /named by what can move/,
    end: 'fixed',
  },
  {
    fixer: 'artifact-path',
    title: 'the output is in another folder than the one uploaded',
    make(place) {
      place.write('.gitignore', 'dist/\n');
      place.write(
        'build.mjs',
        "import fs from 'node:fs';\nfs.mkdirSync('dist/app', { recursive: true });\nfs.writeFileSync('dist/app/main.js', '1');\n",
      );
      place.ci(
        `      - run: node build.mjs
      - uses: upload-artifact
        with:
          name: app
          path: build/app/main.js
          if-no-files-found: error
`,
      );
    },
    cause: /build\/app\/main\.js/,
    end: 'fixed',
  },
  {
    fixer: 'artifact-path',
    title: 'a report in the folder of the package it is of',
    make(place) {
      place.write('web/package.json', '{"name":"web"}\n');
      place.write(
        'web/test.sh',
        'mkdir -p coverage && echo TN: > coverage/lcov.info && echo ok > coverage/index.html\n',
      );
      place.write(
        '.github/workflows/ci.yml',
        github(
          '      - run: sh test.sh\n        working-directory: web\n      - uses: actions/upload-artifact@v4\n        with:\n          name: coverage\n          path: coverage/**\n          if-no-files-found: error\n',
        ),
      );
    },
    cause: /coverage/,
    end: 'fixed',
  },
  {
    fixer: 'artifact-path',
    title: 'an artifact fetched by a name that nothing has',
    make(place) {
      place.write('out.txt', 'out\n');
      place.write(
        '.github/workflows/ci.yml',
        `${github('      - uses: actions/upload-artifact@v4\n        with: { name: binaries, path: out.txt }\n')}  use:\n    needs: build\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/download-artifact@v4\n        with:\n          name: binarys\n`,
      );
    },
    cause: /binarys/,
    end: 'fixed',
  },
];
