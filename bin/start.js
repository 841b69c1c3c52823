'use strict';
// Loads the hot bundle with V8's code cache of it, or where there is no bundle the cold path.

const fs = require('node:fs');
const { enableCompileCache } = require('node:module');
const path = require('node:path');
const vm = require('node:vm');
const cache = require('./cache.js');

const root = path.dirname(__dirname);

/** The bundle run in this context: its exports, and the script to make a cache of. */
function load(directory, index, cached) {
  const filename = path.join(directory, index.bundle);
  // pure ASCII: one byte a character, and no decoding
  const script = new vm.Script(fs.readFileSync(filename, 'latin1'), {
    filename,
    cachedData: cached,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, filename, directory);
  return { script, exports: module.exports };
}

function cold(request) {
  // oclif whole is a hundred files; their compiled form is kept in the user's cache
  const kept = cache.ownDirectory();
  if (kept !== undefined) enableCompileCache?.(path.join(kept, 'compile'));
  return import('../dist/src/cli/cold.js').then((module) => module.runCold({ root, request }));
}

function start() {
  const directory = path.join(root, 'dist', 'hot');
  let index;
  try {
    index = JSON.parse(fs.readFileSync(path.join(directory, 'hot.json'), 'utf8'));
  } catch {
    process.stderr.write(`error: ${root} is not built; build it with: npm run build\n`);
    process.exitCode = 1;
    return;
  }
  const shipped = cache.read(path.join(directory, cache.fileName(index.hash)));
  const own = shipped === undefined ? cache.readOwn(index.hash) : undefined;
  const hot = load(directory, index, shipped ?? own?.data);
  const rejected = hot.script.cachedDataRejected === true;
  hot.exports.start(cold).finally(() => {
    if (shipped === undefined || rejected) cache.keep(hot.script, index.hash, rejected ? undefined : own);
  });
}

module.exports = { load, start };
