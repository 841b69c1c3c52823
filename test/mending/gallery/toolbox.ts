/** Formatters, linters and lock files of tools that only the campaign installs: one exhibit or more for each of them. */
import type { Exhibit } from './exhibit.ts';
import { LOCKS } from './toolbox-locks.ts';
import { STYLE } from './toolbox-style.ts';

export const TOOLBOX: readonly Exhibit[] = [
  ...STYLE,
  ...LOCKS,
  {
    fixer: 'missing-script',
    title: 'a target of make that goes by another name',
    needs: ['make'],
    make(place) {
      place.write('Makefile', '.PHONY: check-format\ncheck-format:\n\ttrue\n');
      place.step('make checkformat');
    },
    cause: /Makefile has no target checkformat/,
    end: 'fixed',
    right: (place) => place.read('.bithub/workflows/ci.yml').includes('make check-format\n'),
  },
  {
    fixer: 'not-built',
    title: 'a program of a package that no step has built',
    make(place) {
      place.write('.gitignore', 'lib/\n');
      place.write(
        'package.json',
        '{\n  "name": "tool",\n  "private": true,\n  "scripts": { "build": "node make.cjs" }\n}\n',
      );
      place.write(
        'make.cjs',
        "const fs = require('node:fs');\nfs.mkdirSync('lib', { recursive: true });\nfs.writeFileSync('lib/main.js', 'console.log(1);\\n');\n",
      );
      place.write('bin.cjs', "require('./lib/main.js');\n");
      place.step('node bin.cjs');
    },
    cause: /lib is made by the build/,
    end: 'fixed',
    right: (place) => /npm run build[\s\S]*node bin\.cjs/.test(place.read('.bithub/workflows/ci.yml')),
  },
  {
    fixer: 'git-identity',
    title: 'a commit where the configuration names nobody',
    make(place) {
      place.ci(
        '      - run: |\n          git init -q scratch\n          git -C scratch config user.useConfigOnly true\n          git -C scratch -c user.name= -c user.email= commit -q --allow-empty -m one\n',
      );
      place.write('.gitignore', 'scratch/\n');
    },
    cause: /git does not know who it is/,
    end: 'fixed',
  },
];
