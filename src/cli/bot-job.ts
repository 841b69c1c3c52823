import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { botWork } from '../bots/index.ts';
import { bundledPlugins } from '../plugins/index.ts';
import type { WorkflowSource } from '../workflow/index.ts';
import { sandboxProgram } from './plugin-program.ts';

/** What handles events of bots in a runner's room: `bin/mesh-job.js` has it, of the package in this folder. */
export function botJob(root: string, { confined }: { readonly confined: boolean }): WorkflowSource {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  const own = { root, version, development: false };
  return botWork({
    program: sandboxProgram(own),
    bundled: bundledPlugins(own),
    shim: join(root, 'bin', 'bot-shim.js'),
    confined,
  });
}
