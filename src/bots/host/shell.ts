import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject } from '../../kernel/json.ts';
import { confinementFault, localExecutor } from '../../workflow/index.ts';
import { scriptVariables } from '../script-variables.ts';
import type { Answers } from './answers.ts';
import type { Handling } from './handling.ts';
import { OWN_MEMORY, writeFiles } from './worker.ts';

const MOST_REQUEST = 16 * 1024 * 1024;
const MOST_CONNECTIONS = 16;
const SCRATCH = 64 * 1024 * 1024;

/**
 * Has a shell script handle one event, in a room with the system's programs, the bot's own files, the work tree to read
 * where that was granted, a folder of its own to write, no network, and a `bit` that asks the host over a socket.
 *
 * @throws BitError `missing-tool` where this machine has no such rooms
 */
export async function runShell(handling: Handling, answers: Answers, scratch: string): Promise<void> {
  const { bot, event, seam, signal, stateDirectory } = handling;
  const { manifest } = bot;
  const { handler, limits, name } = manifest;
  if (handler.kind !== 'script') throw new Error('no script');
  const around = handling.room === 'around';
  const fault = around ? undefined : confinementFault();
  if (fault !== undefined)
    throw new BitError(
      'missing-tool',
      `${name} is a shell script, and no room can be made for it: ${fault}`,
      {
        hint: 'install bubblewrap (bwrap), or write it in one of the other languages',
      },
    );
  const files = writeFiles(stateDirectory, bot);
  const door = await openDoor(answers);
  const work = realpathSync(scratch);
  const shim = realpathSync(seam.shim);
  const node = realpathSync(process.execPath);
  for (const program of ['bit', 'bit-state', 'bit-log'])
    writeFileSync(
      join(work, program),
      `#!/bin/sh\nexec ${quoted(node)} ${quoted(shim)} call ${quoted(door.socket)} ${program} "$@"\n`,
      { mode: 0o755 },
    );
  writeFileSync(join(work, 'event.json'), JSON.stringify(event));
  writeFileSync(join(work, 'settings.json'), JSON.stringify(manifest.settings));
  if (handling.context !== undefined)
    writeFileSync(join(work, 'context.json'), JSON.stringify(handling.context));
  const tree = treeOf(handling);
  const time = AbortSignal.timeout(limits.seconds * 1000);
  const room = await localExecutor().open({
    title: name,
    workspace: work,
    env: {},
    sandbox: around
      ? undefined
      : {
          network: 'none',
          confined: { readable: [node, shim, door.folder, files, ...tree], scratch: SCRATCH },
        },
    limits: {
      processes: limits.processes,
      memory: (limits.memory_mb + OWN_MEMORY) * 1024 * 1024,
      fileSize: limits.output_mb * 1024 * 1024,
    },
    writable: [],
    hidden: [],
    grace: { interrupt: 500, terminate: 500 },
  });
  try {
    const lines = lineReader((line) => handling.say(line));
    let printed = 0;
    const ended = new AbortController();
    const exit = await room.run({
      argv: [
        shellOf(bot.files.find(({ path }) => path === handler.path)?.text ?? ''),
        join(files, handler.path),
      ],
      cwd: work,
      env: {
        ...scriptVariables(name, event),
        PATH: `${work}:/usr/local/bin:/usr/bin:/bin`,
        HOME: work,
        TMPDIR: '/tmp',
        LANG: 'C.UTF-8',
        BIT_TREE: handling.root ?? '',
        BIT_EVENT_FILE: join(work, 'event.json'),
        BIT_SETTINGS_FILE: join(work, 'settings.json'),
      },
      signal: AbortSignal.any([signal, time, ended.signal]),
      onOutput(_stream, bytes) {
        printed += bytes.length;
        if (printed > limits.output_mb * 1024 * 1024) ended.abort();
        else lines.take(bytes);
      },
    });
    lines.end();
    if (signal.aborted) throw new BitError('cancelled', 'interrupted');
    if (time.aborted) throw new BitError('failed', `it took longer than ${limits.seconds} seconds`);
    if (ended.signal.aborted) throw new BitError('failed', `it printed more than ${limits.output_mb} MB`);
    if (exit.status !== 0)
      throw new BitError('failed', `${handler.path} ended with ${exit.status ?? exit.lost ?? 'nothing'}`);
  } finally {
    await room.close();
    door.close();
  }
}

/** Everything at the top of the work tree but git's own, each by itself, so that the git directory is not there. */
function treeOf({ bot, root, used }: Handling): readonly string[] {
  if (root === undefined || !bot.granted.includes('tree:read')) return [];
  used('tree:read');
  return readdirSync(root)
    .filter((entry) => entry.toLowerCase() !== '.git')
    .map((entry) => join(root, entry));
}

/** The shell a script names in its first line, of those every system has. */
function shellOf(text: string): string {
  return /^#!\s*\S*\b(?:env\s+)?bash\b/.test(text) ? '/bin/bash' : '/bin/sh';
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function lineReader(say: (line: string) => void) {
  let rest = '';
  return {
    take(bytes: Buffer): void {
      const parts = (rest + bytes.toString('utf8')).split('\n');
      rest = (parts.pop() ?? '').slice(0, 10_000);
      for (const line of parts) if (line !== '') say(line);
    },
    end(): void {
      if (rest !== '') say(rest);
    },
  };
}

interface Door {
  readonly folder: string;
  readonly socket: string;
  close(): void;
}

/** Where the shims of one room ask: one question a connection, answered and closed. */
async function openDoor(answers: Answers): Promise<Door> {
  const folder = mkdtempSync(join(tmpdir(), 'bit-'));
  const socket = join(folder, 'host');
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    open.add(connection);
    connection.on('close', () => open.delete(connection));
    connection.on('error', () => connection.destroy());
    let text = '';
    connection.setEncoding('utf8');
    connection.on('data', (part: string) => {
      text += part;
      if (text.length > MOST_REQUEST) connection.destroy();
    });
    connection.on('end', () => {
      void reply(answers, text).then((answer) => connection.end(`${JSON.stringify(answer)}\n`));
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
  return {
    folder,
    socket,
    close() {
      for (const connection of open) connection.destroy();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function reply(answers: Answers, text: string): Promise<object> {
  try {
    const value: unknown = JSON.parse(text);
    const { method, args } = isJsonObject(value) ? value : {};
    if (typeof method !== 'string' || !Array.isArray(args)) return { error: 'a malformed question' };
    return { ok: (await answers(method, args)) ?? null };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
