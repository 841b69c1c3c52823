/** The filter of system calls, run as the kernel runs it. */
import * as assert from 'uvu/assert';
import { REFUSED_CALLS, systemCallFilter } from '../../src/workflow/local/system-calls.ts';
import { suite } from '../suite.ts';

const ALLOW = 0x7fff0000;
const EPERM = 0x00050001;
const X64 = 0xc000003e;
const ARM64 = 0xc00000b7;

interface Call {
  readonly arch: number;
  readonly number: number;
  readonly args?: readonly bigint[];
}

/** Classic BPF, of it what filters of system calls may use; anything else is a fault, as it is to the kernel. */
function run(program: Buffer, { arch, number, args = [] }: Call): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(arch, 4);
  for (const [index, value] of args.entries()) data.writeBigUInt64LE(value, 16 + index * 8);
  let accumulator = 0;
  for (let at = 0; at < program.length; at += 8) {
    const k = program.readUInt32LE(at + 4);
    const [yes, no] = [program.readUInt8(at + 2), program.readUInt8(at + 3)];
    switch (program.readUInt16LE(at)) {
      case 0x20:
        assert.ok(k % 4 === 0 && k < 64);
        accumulator = data.readUInt32LE(k);
        break;
      case 0x15:
        at += 8 * (accumulator === k ? yes : no);
        break;
      case 0x35:
        at += 8 * (accumulator >= k ? yes : no);
        break;
      case 0x06:
        return k;
      default:
        throw new Error(`no such instruction at ${at / 8}`);
    }
  }
  throw new Error('it ran off its end');
}

function filterOf(arch: string): Buffer {
  const filter = systemCallFilter(arch);
  if (filter === undefined) throw new Error(`no filter for ${arch}`);
  return filter;
}

suite('the filter of system calls', (test) => {
  const x64 = filterOf('x64');
  const arm64 = filterOf('arm64');

  test('refuses what it lists, by each architecture’s numbers', () => {
    const refused = {
      x64: [
        101, 165, 166, 155, 175, 176, 246, 248, 249, 250, 298, 308, 310, 313, 320, 321, 323, 425, 428, 442,
      ],
      arm64: [
        117, 40, 39, 41, 105, 106, 104, 217, 218, 219, 241, 268, 270, 273, 294, 280, 282, 425, 428, 442,
      ],
    };
    const some = [16n, 1n];
    for (const number of refused.x64)
      assert.is(run(x64, { arch: X64, number, args: some }), EPERM, `${number}`);
    for (const number of refused.arm64)
      assert.is(run(arm64, { arch: ARM64, number, args: some }), EPERM, `${number}`);
    for (const name of [
      'keyctl',
      'bpf',
      'userfaultfd',
      'perf_event_open',
      'mount',
      'ptrace',
      'ioctl TIOCSTI',
    ])
      assert.ok(REFUSED_CALLS.includes(name), name);
  });

  test('lets through all others, and exactly so many it refuses', () => {
    const count = (program: Buffer, arch: number): number => {
      let refused = 0;
      for (let number = 0; number < 600; number++)
        if (run(program, { arch, number, args: [1n, 1n] }) === EPERM) refused++;
      return refused;
    };
    // of the list without the ioctl, and of arm64 without what it never had
    assert.is(count(x64, X64), REFUSED_CALLS.length - 1);
    assert.is(count(arm64, ARM64), REFUSED_CALLS.length - 1 - 8);
    // read, write, mmap, clone, execve, clone3, futex, openat
    for (const number of [0, 1, 9, 56, 59, 435, 202, 257]) assert.is(run(x64, { arch: X64, number }), ALLOW);
  });

  test('of ioctl, whatever stands in the half the kernel does not read; of ptrace, all but to be traced', () => {
    const ioctl = (request: bigint) => run(x64, { arch: X64, number: 16, args: [0n, request] });
    assert.equal([0x5401n, 0x5413n, 0x8912n].map(ioctl), [ALLOW, ALLOW, ALLOW]);
    assert.equal([0x5412n, 0x100005412n, 0x541cn].map(ioctl), [EPERM, EPERM, EPERM]);
    const ptrace = (request: bigint) => run(arm64, { arch: ARM64, number: 117, args: [request] });
    assert.equal([0n, 16n, 0x4206n].map(ptrace), [ALLOW, EPERM, EPERM]);
  });

  test('calls of another architecture, or of another table, are none', () => {
    assert.is(run(x64, { arch: 0x40000003, number: 0 }), EPERM);
    assert.is(run(x64, { arch: ARM64, number: 63 }), EPERM);
    assert.is(run(x64, { arch: X64, number: 0x40000000 }), EPERM);
    assert.is(run(x64, { arch: X64, number: 0xffffffff }), EPERM);
    assert.is(systemCallFilter('riscv64'), undefined);
  });
});
