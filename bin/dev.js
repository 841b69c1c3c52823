#!/usr/bin/env node
'use strict';
// `bit` from its sources by Node's type stripping: nothing to build. For work on `bit` itself.

var version = process.versions.node.split('.');
if (Number(version[0]) < 22 || (Number(version[0]) === 22 && Number(version[1]) < 18)) {
  require('./handover.js').handOver(__filename);
} else {
  import('../src/cli/development.ts').then((module) =>
    module.startDevelopment(require('path').dirname(__dirname), require('../package.json').version),
  );
}
