/** Reported of steps: by where and how they run. */
import type { Reported } from './exhibit.ts';

export const REPORTED_STEPS: readonly Reported[] = [
  {
    reported: 'takamin/mz700-js#141',
    by: 'wrong-path',
    title: 'a module named in other letters than its file has',
    make(place) {
      place.write('lib/key-matrix.js', 'exports.keys = 8;\n');
      place.write(
        'index.js',
        "const { keys } = require('./lib/Key-Matrix');\nif (keys !== 8) process.exit(1);\n",
      );
      place.step('node index.js');
    },
    cause: /key-matrix/i,
    end: 'fixed',
    right: (place) => place.read('index.js').includes('./lib/key-matrix'),
  },
  {
    reported: 'base16-manager/base16-manager#70',
    by: 'wrong-interpreter',
    title: 'a recipe of make in the language of bash',
    needs: ['make', 'dash'],
    make(place) {
      place.write(
        'Makefile',
        'MODE ?= debug\n\ninstall:\n\tif [[ "$(MODE)" == d* ]]; then echo debug > mode.txt; fi\n\tgrep -q debug mode.txt\n',
      );
      place.write('.gitignore', 'mode.txt\n');
      place.step('make install');
    },
    cause: /bash|\[\[/,
    end: 'fixed',
    right: (place) => place.read('Makefile').includes('[[ "$(MODE)"'),
  },
  {
    reported: 'scipp/scipp#1177',
    by: 'missing-directory',
    title: 'mkdir of a folder that is there',
    make(place) {
      place.write('build/.gitkeep', '');
      place.program('ci/setup.sh', '#!/bin/sh\nset -e\nmkdir build\necho done > build/out.txt\n');
      place.write('.gitignore', 'out.txt\n');
      place.step('ci/setup.sh');
    },
    cause: /build/,
    end: 'fixed',
    right: (place) => /mkdir -p build/.test(place.read('ci/setup.sh')),
  },
  {
    reported: 'avocado-framework/avocado-framework.github.io#35',
    by: 'missing-directory',
    title: 'cp into a folder that is not there',
    make(place) {
      place.write('results.json', '{}\n');
      place.write('.gitignore', 'public/\n');
      place.step('cp results.json public/data/results.json');
    },
    cause: /public\/data/,
    end: 'fixed',
  },
  {
    reported: 'kata-containers/kata-containers#2283',
    by: 'missing-environment',
    title: 'a script asks for a variable that only some machines set',
    make(place) {
      place.program(
        'ci/run.sh',
        '#!/bin/bash\nset -o errexit -o nounset\nif [ "$KATA_DEBUG" == "true" ]; then set -x; fi\necho running\n',
      );
      place.step('ci/run.sh');
    },
    cause: /KATA_DEBUG/,
    end: 'fixed',
  },
  {
    reported: 'airweave-ai/airweave#7',
    by: 'wrong-interpreter',
    title: 'line ends of Windows behind the interpreter of a program in Python',
    needs: ['python3'],
    make(place) {
      place.program('tools/entrypoint', '#!/usr/bin/env python3\r\nprint("up")\r\n');
      place.step('tools/entrypoint');
    },
    cause: /tools\/entrypoint/,
    end: 'fixed',
    right: (place) => !place.read('tools/entrypoint').includes('\r'),
  },
  {
    reported: 'pages-themes/minimal#95',
    by: 'lost-run-bit',
    title: 'a script that another script starts has no run bit',
    make(place) {
      place.program('script/cibuild', '#!/bin/bash\nset -e\nscript/bootstrap\necho built\n');
      place.write('script/bootstrap', '#!/bin/bash\necho ready\n');
      place.step('script/cibuild');
    },
    cause: /script\/bootstrap/,
    end: 'fixed',
  },
  {
    reported: 'cellajs/cella#809',
    by: 'git-identity',
    title: 'a commit on a machine where nobody is anybody',
    make(place) {
      place.ci(
        '      - run: |\n          export HOME="$PWD/home" GIT_CONFIG_GLOBAL=/dev/null\n          git init -q scratch\n          git -C scratch -c user.useConfigOnly=true commit -q --allow-empty -m one\n',
      );
      place.write('.gitignore', 'scratch/\nhome/\n');
    },
    cause: /identity|who/i,
    end: 'fixed',
  },
  {
    reported: 'Azure-Samples/java-on-azure-examples#145',
    by: 'wrong-path',
    title: 'a folder that a commit has moved',
    make(place) {
      place.write('app/run.mjs', 'console.log(1);\n');
      place.write('app/other.mjs', 'console.log(2);\n');
      place.commit('one');
      place.git('mv', 'app', 'examples-app');
      place.ci('      - run: |\n          cd app\n          node run.mjs\n');
    },
    cause: /\bapp\b/,
    end: 'fixed',
    right: (place) => place.read('.bithub/workflows/ci.yml').includes('cd examples-app'),
  },
  {
    reported: 'ekalinin/nodeenv#61',
    title: 'a download without a network',
    make(place) {
      place.program(
        'install.sh',
        '#!/bin/sh\nset -e\ncurl -fsSL http://127.0.0.1:9/tool.tar.gz -o tool.tar.gz\ntar xzf tool.tar.gz\n',
      );
      place.step('./install.sh');
    },
    cause: /^$/,
    end: 'known',
  },
];
