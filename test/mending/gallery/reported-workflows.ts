/** Reported of workflows: files of GitHub's that can't be read, and what they upload. */
import type { Reported, Scene } from './exhibit.ts';

const CI = '.github/workflows/ci.yml';

const jobs = (steps: string, more = ''): string =>
  `on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n${more}    steps:\n${steps}`;

const github = (place: Scene, steps: string, more?: string): void => place.write(CI, jobs(steps, more));

export const REPORTED_WORKFLOWS: readonly Reported[] = [
  {
    reported: 'ScottBrenner/cfn-lint-action#15',
    by: 'workflow-yaml',
    title: 'a pattern that begins with a star, without quotes',
    make(place) {
      github(place, '      - run: echo "$PATTERN"\n        env:\n          PATTERN: **/*.yaml\n');
    },
    unreadable: true,
    cause: /ci\.yml:8:\d+/,
    end: 'fixed',
    right: (place) => /PATTERN: ["']\*\*\/\*\.yaml["']/.test(place.read(CI)),
  },
  {
    reported: 'docToolchain/Bausteinsicht#522',
    by: 'workflow-yaml',
    title: 'a text over several lines that leaves its block',
    make(place) {
      github(
        place,
        '      - name: Comment\n        run: |\n          printf %s "Thank you.\n\nPlease read CONTRIBUTING.md first.\n" > comment.txt\n          test -s comment.txt\n',
      );
    },
    unreadable: true,
    cause: /ci\.yml:\d+:\d+/,
    end: 'fixed',
    right: (place) => place.read(CI).includes('Please read CONTRIBUTING.md first.'),
  },
  {
    reported: 'parthbuilds-community/FitMart#531',
    by: 'workflow-yaml',
    title: 'fences of Markdown around a workflow',
    make(place) {
      place.write(CI, `\`\`\`yaml\n${jobs('      - run: echo welcome\n')}\`\`\`\n`);
    },
    unreadable: true,
    cause: /ci\.yml:\d+:\d+/,
    end: 'fixed',
    right: (place) => !place.read(CI).includes('```'),
  },
  {
    reported: 'cc-archive/vocabulary-legacy#963',
    by: 'workflow-yaml',
    title: 'no blank behind the dash of a step',
    make(place) {
      github(place, '      - name: One\n        run: echo one\n      -name: Two\n        run: echo two\n');
    },
    unreadable: true,
    cause: /ci\.yml:\d+:\d+/,
    end: 'fixed',
    right: (place) => place.read(CI).includes('- name: Two'),
  },
  {
    reported: 'rhysd/actionlint#427',
    by: 'workflow-yaml',
    title: 'two steps with the same id',
    make(place) {
      github(place, '      - id: test\n        run: echo one\n      - id: test\n        run: echo two\n');
    },
    unreadable: true,
    cause: /\btest\b/,
    end: 'fixed',
    right: (place) => /echo one[\s\S]*echo two/.test(place.read(CI)),
  },
  {
    reported: 'napi-rs/napi-rs#799',
    by: 'workflow-yaml',
    title: 'a job that waits for one that was taken out',
    make(place) {
      place.write(
        CI,
        `${jobs('      - run: echo build\n')}  publish:\n    needs: [build, test-linux-musl]\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo publish\n`,
      );
    },
    unreadable: true,
    cause: /test-linux-musl/,
    end: 'fixed',
    right: (place) => /needs: (\[ ?build ?\]|build)/.test(place.read(CI)),
  },
  {
    reported: 'actions/upload-artifact#110',
    by: 'artifact-path',
    title: 'a variable of the shell in the path of an upload',
    make(place) {
      place.write('.gitignore', 'artifacts/\n');
      github(
        place,
        '      - run: mkdir -p artifacts && echo 1 > artifacts/app.zip\n      - uses: actions/upload-artifact@v4\n        with:\n          name: app\n          path: $GITHUB_WORKSPACE/artifacts/app.zip\n          if-no-files-found: error\n',
      );
    },
    cause: /artifacts\/app\.zip/,
    end: 'fixed',
    right: (place) => !place.read(CI).includes('$GITHUB_WORKSPACE'),
  },
  {
    reported: 'actions/upload-artifact#232',
    by: 'artifact-path',
    title: 'an upload that is not in the working directory of the commands',
    make(place) {
      place.write('site/.gitignore', 'build/\n');
      place.write(
        'site/build.mjs',
        "import fs from 'node:fs';\nfs.mkdirSync('build', { recursive: true });\nfs.writeFileSync('build/index.html', '');\n",
      );
      github(
        place,
        '      - run: node build.mjs\n      - uses: actions/upload-artifact@v4\n        with:\n          name: bundle\n          path: build\n          if-no-files-found: error\n',
        '    defaults:\n      run:\n        working-directory: site\n',
      );
    },
    cause: /\bbuild\b/,
    end: 'fixed',
    right: (place) => /path: (\.\/)?site\/build/.test(place.read(CI)),
  },
];
