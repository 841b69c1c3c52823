import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { BIT_PROGRAM, type World } from '../world.ts';
import { did, program, within } from './place.ts';

interface Running {
  readonly child: ChildProcess;
  stderr(): string;
  stdout(): string;
}

/** `bit trigger run` in a process of its own, once it watches. */
async function watching(place: World, work: (running: Running) => Promise<void>): Promise<string> {
  const child = spawn(process.execPath, [BIT_PROGRAM, 'trigger', 'run'], {
    cwd: place.dir,
    env: { ...place.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk));
  child.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk));
  const ended = new Promise((resolve) => child.on('close', resolve));
  try {
    await until(() => text.stderr.includes('watched for') || child.exitCode !== null);
    assert.match(text.stderr, 'watched for');
    await work({ child, stderr: () => text.stderr, stdout: () => text.stdout });
  } finally {
    child.kill('SIGINT');
    await ended;
  }
  return text.stderr;
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 400 && !holds(); turn++) await sleep(50);
}

const noted = (place: World): string =>
  existsSync(join(place.root, 'noted')) ? readFileSync(join(place.root, 'noted'), 'utf8') : '';

suite('bit trigger run', (test) => {
  test('tells of files that changed once they are quiet, not of ignored ones nor of those its workflow wrote', () =>
    within(async (place) => {
      place.write('.gitignore', 'ignored/\n');
      program(place, 'write.sh', 'echo "$FILES" >> "$(dirname "$PWD")/noted"; date +%N > written.txt');
      const files = "FILES=${{ join(event.files, ' ') }}";
      await did(place, 'trigger', 'on', 'file', 'write.sh', '--input', files, '--debounce', '150');
      await watching(place, async () => {
        place.write('ignored/x', 'x');
        await sleep(600);
        assert.is(noted(place), '');
        for (const n of [1, 2, 3]) place.write('deep/er/new.txt', String(n));
        await until(() => noted(place) !== '');
        await sleep(1500);
        assert.is(noted(place), 'deep/er/new.txt\n');
        place.write('a.txt', 'changed\n');
        await until(() => noted(place).includes('a.txt'));
        assert.is(noted(place), 'deep/er/new.txt\na.txt\n');
      });
      const { code } = await place.bit('ledger', 'verify');
      assert.is(code, 0);
    }));

  test('tells of what the ledger records', () =>
    within(async (place) => {
      const input = 'TEXT=${{ event.kind }} ${{ event.ok }}';
      await did(place, 'trigger', 'on', 'ledger', 'note.sh', '--kind', 'TAG_NEW', '--input', input);
      await watching(place, async () => {
        await did(place, 'branch', 'new', 'b');
        await did(place, 'tag', 'new', 'v1');
        await until(() => noted(place) !== '');
        assert.is(noted(place), 'TAG_NEW true\n');
      });
    }));

  test('takes webhooks that are signed, and each once', () =>
    within(async (place) => {
      const secret = "It's a Secret to Everybody";
      const set = await place.bitWith({ input: secret }, 'secret', 'set', 'HOOK');
      assert.is(set.code, 0, set.stderr);
      const input = 'TEXT=${{ event.kind }} ${{ event.payload.ref }}';
      await did(place, 'trigger', 'on', 'webhook', 'note.sh', '--secret', 'HOOK', '--input', input);
      const told = await watching(place, async ({ stdout }) => {
        await until(() => stdout().includes('http'));
        const post = poster(stdout().trim());
        const body = JSON.stringify({ ref: 'refs/heads/$(id)' });
        const sign = (text: string, key = secret): string =>
          `sha256=${createHmac('sha256', key).update(text).digest('hex')}`;
        const headers = (id: string, signature: string): Record<string, string> => ({
          'x-github-delivery': id,
          'x-github-event': 'push',
          'x-hub-signature-256': signature,
        });
        assert.is(await post('/', headers('delivery-1', sign(body, 'wrong')), body), 401);
        assert.is(await post('/', headers('delivery-1', sign(`${body} `)), body), 401);
        assert.is(await post('/', headers('delivery-1', ''), body), 401);
        assert.is(await post('/', { 'x-hub-signature-256': sign(body) }, body), 400);
        assert.is(await post('/other', headers('delivery-1', sign(body)), body), 404);
        assert.is(await post('/', headers('delivery-0', sign('[1]')), '[1]'), 400);
        assert.is(await post('/webhook-note', headers('delivery-1', sign(body)), body), 202);
        assert.is(await post('/', headers('delivery-1', sign(body)), body), 409);
        assert.is(await post('/', headers('delivery-2', sign(body)), body), 409, 'under another id');
        await until(() => noted(place) !== '');
        const more = JSON.stringify({ ref: 'two' });
        assert.is(await post('/', headers('delivery-3', sign(more)), more), 202);
        await until(() => noted(place).includes('two'));
        assert.is(noted(place), 'push refs/heads/$(id)\npush two\n');
      });
      assert.not.match(told, secret);
      // the listener that comes after knows what came before
      const seen = readFileSync(join(place.dir, '.git/bit/triggers/deliveries'), 'utf8');
      assert.match(seen, 'delivery-1\n');
    }));
});

function poster(address: string) {
  return (path: string, headers: Record<string, string>, body: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request(`${address}${path}`, { method: 'POST', headers }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      });
      sent.on('error', reject);
      sent.end(body);
    });
}
