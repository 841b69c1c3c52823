'use strict';
// What a runner of a mesh starts in a job's room, out of the hot bundle: src/cli/mesh-job.ts.

const fs = require('node:fs');
const path = require('node:path');

const directory = path.join(path.dirname(__dirname), 'dist', 'hot');
const index = JSON.parse(fs.readFileSync(path.join(directory, 'hot.json'), 'utf8'));
require('./bundle.js')
  .load(directory, index, { words: ['mesh-job'] })
  .exports.meshJob();
