'use strict';
// The process of a plugin that is not trusted: the hot bundle with its code cache, or the sources in development.

const fs = require('node:fs');
const path = require('node:path');

const root = path.dirname(__dirname);

function failed(error) {
  process.stderr.write(`${error?.stack ?? error}\n`);
  process.exit(1);
}

if (process.argv[2] === 'development') {
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  import('../src/cli/plugin-child.ts')
    .then((module) => module.runPluginChild({ root, version, development: true }))
    .catch(failed);
} else {
  const directory = path.join(process.argv[2] ?? path.join(root, 'dist'), 'hot');
  const index = JSON.parse(fs.readFileSync(path.join(directory, 'hot.json'), 'utf8'));
  require('./bundle.js')
    .load(directory, index, { words: ['plugin-child'] })
    .exports.pluginChild()
    .catch(failed);
}
