/**
 * Command lines through oclif whole and the compiled files of `dist/`, as they run where nothing is bundled. Reads the
 * lines as JSON from its argument, prints an outcome a line.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type * as Cold from '../../src/cli/cold.ts';
import type * as Hosts from '../../src/cli/host.ts';
import type { Io } from '../../src/cli/io.ts';
import { root, runJs } from './bit.ts';

const [file = ''] = process.argv.slice(2);
const lines = JSON.parse(readFileSync(file, 'utf8')) as string[][];
const load = (path: string) => import(pathToFileURL(join(root, 'dist/src/cli', path)).href);
const { withHost } = (await load('host.js')) as typeof Hosts;
const { commandsOf, openConfig, tableOf } = (await load('cold.js')) as typeof Cold;
const { main } = (await load('hot.js')) as { main(options: object): Promise<void> };
const config = await openConfig({ root });
const commands = commandsOf(config);
const table = tableOf(commands);
const outcomes: object[] = [];
for (const words of lines) {
  const text = { stdout: '', stderr: '' };
  let code = 0;
  const into = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        text[name] += chunk.toString();
        done();
      },
    });
  const io: Io = {
    argv: words,
    self: [process.execPath, runJs],
    cwd: process.cwd(),
    env: process.env,
    stdin: Readable.from([]),
    stdout: into('stdout'),
    stderr: into('stderr'),
    stdinIsTerminal: false,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    width: 80,
    height: 24,
    now: () => new Date(),
    setExitCode: (status) => {
      code = status;
    },
    onInterrupt: () => () => undefined,
  };
  const version = config.version;
  await withHost({ io }, () =>
    main({ root, version, development: false, table, cold: () => Promise.reject(new Error('no command')) }),
  );
  outcomes.push({ ...text, code });
}
process.stdout.write(`\n${JSON.stringify(outcomes)}\n`);
