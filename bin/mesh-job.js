'use strict';
// The program a runner of a mesh starts in a job's room for a task of kind `workflow`: `mesh-job.js <home>` in the
// checkout. Its standard output is an event a line; 0 and 1 are how the job ended, 75 that this machine could not run it.

const path = require('node:path');

const root = path.dirname(__dirname);
const UNABLE = 75;
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => ending.abort());
require('./bundle.js').cacheModules();

import('../dist/src/runs/index.js')
  .then(({ runMeshJob }) =>
    runMeshJob({
      home: process.argv[2],
      workspace: process.cwd(),
      env: Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== undefined)),
      bit: [process.execPath, path.join(root, 'bin', 'run.js')],
      signal: ending.signal,
      print: (line) => process.stdout.write(`${line}\n`),
      works: {
        bot: async (room) => (await import('../dist/src/cli/bot-job.js')).botJob(root, room),
      },
    }),
  )
  .then(
    (status) => {
      process.exitCode = status;
    },
    (error) => {
      process.stderr.write(
        `error: ${error?.message ?? error}\n${error?.name === 'BitError' ? '' : (error?.stack ?? '')}`,
      );
      process.exitCode = UNABLE;
    },
  );
