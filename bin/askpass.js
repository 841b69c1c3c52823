#!/usr/bin/env node
'use strict';
// `bit token github --askpass`, for GIT_ASKPASS and SSH_ASKPASS name a program and take no arguments.

process.argv = process.argv
  .slice(0, 1)
  .concat(require.resolve('./run.js'), ['token', 'github', '--askpass', '--'], process.argv.slice(2));
require('./run.js');
