import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { confinementFault } from '../../../src/workflow/index.ts';
import { requireService, suite } from '../../suite.ts';
import { ground, outcomeOf, reason, runJob } from './job.ts';

const script = (text: string): readonly string[] => ['/bin/sh', '-c', text];
const confined = confinementFault() === undefined;

suite('hostile jobs', (test) => {
  if (!requireService('bubblewrap that may work', confined)) return;
  const place = ground();
  test.after(() => place.close());

  test('reads neither the files of this machine nor those of the runner', async () => {
    const secret = join(place.root, 'secret');
    writeFileSync(secret, 'TOP-SECRET-WORDS\n');
    const ran = await runJob(
      place,
      script(`cat ${secret} /etc/shadow /etc/passwd /etc/hostname; ls -a ${place.root} ${place.root}/jobs /root /home
        ls -a /; cat /proc/1/environ | tr '\\0' '\\n'; ls /proc | grep -c '^[0-9]'; id; exit 0`),
    );
    assert.is(outcomeOf(ran).status, 'CompletedSuccessfully', ran.log);
    assert.not.match(ran.log, 'TOP-SECRET-WORDS');
    assert.not.match(ran.log, /root:.*:0:0/);
    assert.match(ran.log, /uid=1000 gid=1000/);
    assert.not.match(ran.log, `HOME=${place.root}\n`);
    assert.match(ran.log, /can.*access '\/root'/);
    // its own processes and nobody else's
    const processes = Number(/^(\d+)$/m.exec(ran.log)?.[1]);
    assert.ok(processes < 12, ran.log);
  });

  test('writes nothing outside its folders, nor the repository it borrows from', async () => {
    const ran = await runJob(
      place,
      script(`for path in / /usr /usr/bin /etc /dev "$(cat .git/objects/info/alternates)" ${place.repo}; do
          if touch "$path/bit-was-here" 2>/dev/null; then echo "WROTE $path"; fi; done
        cat .git/objects/info/alternates; mount -o remount,rw /usr 2>&1; unshare -U true 2>&1; echo "end"`),
    );
    assert.is(outcomeOf(ran).status, 'CompletedSuccessfully', ran.log);
    assert.not.match(ran.log, 'WROTE');
    assert.match(ran.log, /unshare failed|not permitted/);
    assert.match(ran.log, 'end');
    assert.not.ok(existsSync('/usr/bit-was-here'));
  });

  test('reaches no network, not even this machine', async () => {
    const server = createServer((socket) => socket.end('HELLO\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const knock = [
      '/bin/bash',
      '-c',
      `exec 3<>/dev/tcp/127.0.0.1/${port} && head -1 <&3; ls /sys/class/net; echo end`,
    ];
    try {
      const shut = await runJob(place, knock);
      assert.not.match(shut.log, 'HELLO');
      assert.match(shut.log, 'end');
      // and where it may, it does: or the test would prove nothing
      const open = await runJob(place, knock, { offer: { network: true } });
      assert.match(open.log, 'HELLO');
    } finally {
      server.close();
    }
  });

  test('asks the kernel for what no job needs, and is refused', async () => {
    // each by its number, with arguments with which it would succeed or fail otherwise
    const ask = `import ctypes, errno, fcntl, os, platform, struct
libc = ctypes.CDLL(None, use_errno=True)
column = {'x86_64': 0, 'aarch64': 1}[platform.machine()]
def ask(name, numbers, *args):
    ctypes.set_errno(0)
    got = libc.syscall(numbers[column], *args)
    print(name, 'ALLOWED' if got >= 0 else errno.errorcode[ctypes.get_errno()])
ask('keyctl', (250, 219), 0, -3, 0, 0, 0)
ask('add_key', (248, 217), b'user', b'k', b'v', 1, -3)
ask('bpf', (321, 280), 99, 0, 0)
ask('userfaultfd', (323, 282), 0xffff)
ask('perf_event_open', (298, 241), 0, 0, -1, -1, 0)
ask('io_uring_setup', (425, 425), 0, 0)
ask('mount', (165, 40), 0, 0, 0, 0, 0)
ask('fsopen', (430, 430), 0, 99)
ask('ptrace', (101, 117), 16, 1, 0, 0)
ask('process_vm_readv', (310, 270), os.getpid(), 0, 0, 0, 0, 0)
ask('kexec_load', (246, 104), 0, 0, 0, 99)
ask('finit_module', (313, 273), 99, 0, 0)
ask('setns', (308, 268), 99, 0)
for name, request in (('TIOCSTI', 0x5412), ('TIOCSTI again', 0x5412 | 1 << 32)):
    ctypes.set_errno(0)
    libc.ioctl(0, ctypes.c_ulong(request), b'x')
    print(name, errno.errorcode[ctypes.get_errno()])
held = [f for f in os.listdir('/proc/self/fd') if os.path.lexists('/proc/self/fd/' + f)]
print('open', [f for f in held if os.readlink('/proc/self/fd/' + f).startswith('socket:')])`;
    const ran = await runJob(place, ['/usr/bin/python3', '-c', ask]);
    assert.is(outcomeOf(ran).status, 'CompletedSuccessfully', ran.log);
    const answers = [...ran.log.matchAll(/^([\w ]+) (ALLOWED|E[A-Z]+)$/gm)].map(([, name, how]) => [
      name,
      how,
    ]);
    if (ran.heldBy['system calls'] === 'nothing') return;
    assert.is(answers.length, 15, ran.log);
    assert.equal(
      answers.filter(([, how]) => how !== 'EPERM'),
      [],
      ran.log,
    );
    // what the sandbox was told the filter by is nobody's now: its output and its errors are all that is shared
    assert.match(ran.log, "open ['1', '2']");
  });

  test('what builds and tests are made of runs as ever', async () => {
    const ran = await runJob(
      place,
      script(`set -e; git log --oneline | wc -l; python3 -c 'import subprocess, threading; print("py", subprocess.run(["true"]).returncode)'
        node -e 'const {Worker}=require("worker_threads"); require("fs").promises.readFile("a.txt").then((b) => console.log("node", b.length, require("child_process").execSync("echo child").toString().trim()))'
        npm --version >/dev/null && echo npm; tar cf a.tar a.txt; gzip a.tar; bash -c 'echo shell | cat'; find . -name a.txt | xargs ls; date +%s >/dev/null; ps >/dev/null || true; echo end`),
    );
    assert.is(outcomeOf(ran).status, 'CompletedSuccessfully', ran.log);
    for (const said of ['py 0', 'node 4 child', 'npm', 'shell', './a.txt', 'end'])
      assert.match(ran.log, said);
  });

  test('forks without end, and comes to its limit', async () => {
    const count = `import os, time
n = 0
try:
    while n < 400:
        if os.fork() == 0: time.sleep(60)
        n += 1
    print('no end')
except OSError as error:
    print('came to', n)`;
    const ran = await runJob(place, ['/usr/bin/python3', '-c', count], {
      manifest: '  limits: { processes: 64 }\n',
    });
    // root without control groups is the one whom nothing holds
    if (ran.heldBy['processes'] === 'nothing') return;
    const came = Number(/came to (\d+)/.exec(ran.log)?.[1]);
    assert.ok(came > 8 && came < 64, ran.log);
  });

  test('a bomb of forks leaves nothing behind', async () => {
    const began = performance.now();
    const ran = await runJob(place, ['/bin/bash', '-c', 'b() { b | b & }; b; sleep 60'], {
      manifest: '  limits: { processes: 64 }\n',
      offer: { timeout_s: 2, env: { BIT_BOMB: `bomb-${process.pid}` } },
    });
    assert.is(outcomeOf(ran).status, 'Failed');
    assert.ok(performance.now() - began < 20_000);
    assert.equal(processesWith(`BIT_BOMB=bomb-${process.pid}`), []);
  });

  test('fills the disk, and is ended', async () => {
    const ran = await runJob(
      place,
      script('i=0; while :; do i=$((i + 1)); head -c 4000000 /dev/zero >file$i || exit 7; sleep 0.02; done'),
      { manifest: '  limits: { disk_mb: 24 }\n' },
    );
    const { status, exitCode, error } = outcomeOf(ran);
    assert.is(status, 'Failed');
    assert.is(exitCode, 137, ran.log);
    assert.match(error ?? '', 'wrote more than');
  });

  test('fills memory by way of /tmp, /dev and what holds the places together', async () => {
    const ran = await runJob(
      place,
      script(`for path in /tmp/a /dev/shm/a; do head -c 40000000 /dev/zero >$path; wc -c $path; done
        head -c 1000 /dev/zero >/a; head -c 1000 /dev/zero >/dev/a; echo end`),
      { manifest: '  limits: { disk_mb: 16 }\n' },
    );
    assert.match(ran.log, '16777216 /tmp/a');
    assert.match(ran.log, '16777216 /dev/shm/a');
    assert.match(ran.log, 'end');
    assert.match(ran.log, /cannot create \/a/);
    assert.match(ran.log, /cannot create \/dev\/a/);
  });

  test('eats memory, and is killed within its own', async () => {
    const ran = await runJob(
      place,
      ['/usr/bin/python3', '-c', 'a = []\nwhile True: a.append(bytearray(8_000_000))'],
      { manifest: '  limits: { memory_mb: 96 }\n', offer: { timeout_s: 20 } },
    );
    const { status, exitCode, error } = outcomeOf(ran);
    assert.is(status, 'Failed');
    assert.ok(exitCode !== undefined && exitCode !== 124, `${exitCode} ${error} ${ran.log}`);
  });

  test('outlives its limit: in the background, in a session of its own, deaf to signals', async () => {
    const mark = `BIT_DEAF=deaf-${process.pid}`;
    const began = performance.now();
    const ran = await runJob(
      place,
      [
        '/bin/bash',
        '-c',
        `trap '' INT TERM HUP; setsid sleep 600 & (trap '' INT TERM; while :; do sleep 1; done) & while :; do sleep 1; done`,
      ],
      { offer: { timeout_s: 1, env: { BIT_DEAF: `deaf-${process.pid}` } } },
    );
    const { status, exitCode, error } = outcomeOf(ran);
    assert.is(status, 'Failed');
    assert.is(exitCode, 124);
    assert.match(error ?? '', 'longer than 1 s');
    assert.ok(performance.now() - began < 15_000);
    assert.equal(processesWith(mark), []);
  });

  test('a job whose lease is gone ends at once, however deaf, and nothing is told of it', async () => {
    const ending = new AbortController();
    let over = 0;
    const ran = await runJob(place, ['/bin/bash', '-c', `trap '' INT TERM; while :; do sleep 1; done`], {
      signal: ending.signal,
      offer: { env: { BIT_LEASE: `lease-${process.pid}` } },
      onState: (state) => {
        if (state !== 'Running') return;
        void sleep(300).then(() => {
          over = performance.now();
          ending.abort(reason('lease'));
        });
      },
    });
    assert.is(ran.execution.kind, 'abandoned');
    assert.ok(performance.now() - over < 1000, `${performance.now() - over}`);
    assert.equal(processesWith(`BIT_LEASE=lease-${process.pid}`), []);
  });

  test('says more than is kept', async () => {
    const ran = await runJob(place, script('yes 0123456789 | head -c 3000000; echo; echo LAST'), {
      manifest: '  limits: { log_mb: 1 }\n',
    });
    assert.is(outcomeOf(ran).status, 'CompletedSuccessfully');
    assert.ok(ran.log.length <= 1024 * 1024);
    assert.match(ran.log, 'the log is full');
    assert.match(ran.log, /\d+ bytes more were said, and not kept/);
    assert.ok((outcomeOf(ran).metrics['log_dropped_bytes'] ?? 0) > 1_900_000);
  });

  test('an environment meant for the programs around it reaches only the job', async () => {
    const ran = await runJob(place, script('echo "$LD_PRELOAD"; exit 0'), {
      offer: {
        env: { LD_PRELOAD: '/nowhere/evil.so', BASH_ENV: '/nowhere', PATH: '/nowhere:/usr/bin:/bin' },
      },
    });
    assert.is(outcomeOf(ran).status, 'CompletedSuccessfully', ran.log);
    assert.match(ran.log, '/nowhere/evil.so');
  });
});

/** Ids of processes whose environment holds it. */
function processesWith(variable: string): string[] {
  const { readdirSync } = process.getBuiltinModule('node:fs');
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(variable);
    } catch {
      return false;
    }
  });
}
