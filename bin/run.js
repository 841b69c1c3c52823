#!/usr/bin/env node
'use strict';
// Starts `bit`: one small JSON file, one bundle and V8's code cache of it. Help, plugins and mistakes go to the cold
// path, which is oclif whole. In words an old Node can read, for what is too old must still be told so.

var version = process.versions.node.split('.').map(Number);
if (version[0] < 22 || (version[0] === 22 && version[1] < 13)) require('./handover.js').handOver(__filename);
else start();

function start() {
  const fs = require('fs');
  const path = require('path');
  const root = path.dirname(__dirname);
  const directory = root + path.sep + 'dist' + path.sep + 'hot';
  let index;
  try {
    index = JSON.parse(fs.readFileSync(directory + path.sep + 'hot.json', 'utf8'));
  } catch (_) {
    process.stderr.write('error: ' + root + ' is not built; build it with: npm run build\n');
    process.exitCode = 1;
    return;
  }
  const hot = require('./bundle.js').load(directory, index, { words: process.argv.slice(2) });
  // With nothing left to do, taking the heap apart (2 ms) is of use to nobody.
  const leave = () => process.reallyExit(process.exitCode);
  process.on('exit', leave);
  hot.exports.start(cold).finally(hot.keep);

  function cold(request) {
    process.off('exit', leave); // node writes its own cache while it ends
    // oclif whole is a hundred files; their compiled form is kept in the user's cache
    require('./bundle.js').cacheModules();
    return import('../dist/src/cli/cold.js').then((module) => module.runCold({ root, request }));
  }
}
