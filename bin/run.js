#!/usr/bin/env node
'use strict';
// Starts `bit`. CommonJS, and in words an old Node can read: what is too old must still be told so.
// The common case is one JSON file, one bundle and its V8 code cache; everything else is `bin/start.js`.

var version = process.versions.node.split('.');
if (Number(version[0]) < 22 || (Number(version[0]) === 22 && Number(version[1]) < 13)) {
  require('./handover.js').handOver(__filename);
} else {
  require('./start.js').start();
}
