/**
 * Which system calls a confined job is refused, compiled to the kernel's filter (seccomp(2), classic BPF over
 * `struct seccomp_data`). Name spaces hide what belongs to others; this takes away the ways into the kernel itself that
 * no build and no test needs. Refused is EPERM: a program that can do without goes on without.
 */

/** x86-64, and the numbers all newer architectures share. */
const CALLS: Readonly<Record<string, readonly [x64: number | undefined, arm64: number | undefined]>> = {
  // keys of the user the runner is
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // programs in the kernel, and what looks into it
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  syslog: [103, 116],
  lookup_dcookie: [212, 18],
  // file systems and name spaces
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  open_tree_attr: [467, 467],
  setns: [308, 268],
  open_by_handle_at: [304, 265],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  swapon: [167, 224],
  swapoff: [168, 225],
  nfsservctl: [180, 42],
  // another kernel, or more of this one
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  create_module: [174, undefined],
  query_module: [178, undefined],
  get_kernel_syms: [177, undefined],
  uselib: [134, undefined],
  sysfs: [139, undefined],
  _sysctl: [156, undefined],
  // the machine
  reboot: [169, 142],
  acct: [163, 89],
  vhangup: [153, 58],
  iopl: [172, undefined],
  ioperm: [173, undefined],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  // other processes' memory and files
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
};

export const REFUSED_CALLS: readonly string[] = [...Object.keys(CALLS), 'ptrace', 'ioctl TIOCSTI'];

interface Architecture {
  /** AUDIT_ARCH_ of linux/audit.h. */
  readonly audit: number;
  readonly column: 0 | 1;
  readonly ioctl: number;
  readonly ptrace: number;
  /** Calls of another table begin here: x32. */
  readonly above?: number;
}

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  x64: { audit: 0xc000003e, column: 0, ioctl: 16, ptrace: 101, above: 0x40000000 },
  arm64: { audit: 0xc00000b7, column: 1, ioctl: 29, ptrace: 117 },
};

/** Puts a character into a terminal's input, and what a console has beside: a way out where one is shared. */
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;

const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_AT_LEAST = 0x35;
const RETURN = 0x06;
const ALLOW = 0x7fff0000;
const REFUSE = 0x00050000 | 1;
/** Offsets in `struct seccomp_data`; of an argument the low half, as both are little-endian. */
const NUMBER = 0;
const ARCHITECTURE = 4;
const argument = (index: number): number => 16 + index * 8;

type Target = 'next' | 'refuse' | 'allow' | 'ioctl' | 'ptrace';
type Instruction =
  | { readonly code: typeof LOAD | typeof RETURN; readonly k: number; readonly label?: Target }
  | {
      readonly code: typeof IF_EQUAL | typeof IF_AT_LEAST;
      readonly k: number;
      readonly yes: Target;
      readonly no: Target;
    };

/** The filter as `bwrap --seccomp` reads it; undefined for a processor whose numbers are not known here. */
export function systemCallFilter(arch: string = process.arch): Buffer | undefined {
  const found = ARCHITECTURES[arch];
  if (found === undefined) return undefined;
  const { audit, column, ioctl, ptrace, above } = found;
  const is = (k: number, yes: Target, no: Target = 'next'): Instruction => ({
    ...{ code: IF_EQUAL, k, yes, no },
  });
  const numbers = Object.values(CALLS).flatMap((call) => call[column] ?? []);
  return assemble([
    { code: LOAD, k: ARCHITECTURE },
    // calls of another architecture have other numbers: none of them is let through
    is(audit, 'next', 'refuse'),
    { code: LOAD, k: NUMBER },
    ...(above === undefined
      ? []
      : [{ code: IF_AT_LEAST, k: above, yes: 'refuse', no: 'next' } satisfies Instruction]),
    is(ioctl, 'ioctl'),
    is(ptrace, 'ptrace'),
    ...numbers.map((number) => is(number, 'refuse')),
    { code: RETURN, k: ALLOW, label: 'allow' },
    { code: LOAD, k: argument(1), label: 'ioctl' },
    is(TIOCSTI, 'refuse'),
    is(TIOCLINUX, 'refuse', 'allow'),
    // 0: to be traced by one's parent, which can do nothing with it
    { code: LOAD, k: argument(0), label: 'ptrace' },
    is(0, 'allow', 'refuse'),
    { code: RETURN, k: ALLOW, label: 'allow' },
    { code: RETURN, k: REFUSE, label: 'refuse' },
  ]);
}

/** Jumps lead forward only, to the nearest instruction so labelled. */
function assemble(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 8);
  for (const [at, instruction] of instructions.entries()) {
    const jump = (to: Target): number =>
      to === 'next'
        ? 0
        : instructions.slice(at + 1).findIndex((other) => 'label' in other && other.label === to);
    const jumps = 'yes' in instruction ? [jump(instruction.yes), jump(instruction.no)] : [0, 0];
    bytes.writeUInt16LE(instruction.code, at * 8);
    bytes.writeUInt8(jumps[0] ?? 0, at * 8 + 2);
    bytes.writeUInt8(jumps[1] ?? 0, at * 8 + 3);
    bytes.writeUInt32LE(instruction.k, at * 8 + 4);
  }
  return bytes;
}
