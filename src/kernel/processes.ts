import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** When it began: with its id it is this process and no later one. */
  readonly started: number;
  readonly zombie: boolean;
}

/** The processes there are, from `/proc`; none where the system has no such place. */
export function listProcesses(): readonly ProcessFacts[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const pid = Number(name);
    if (!Number.isSafeInteger(pid) || pid <= 0) return [];
    const stat = readBytes(`/proc/${name}/stat`)?.toString('latin1');
    if (stat === undefined) return [];
    // the second field is the program's name in parentheses, which may hold anything
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = '', parent = '', , session = ''] = fields;
    return [
      {
        pid,
        parent: Number(parent),
        session: Number(session),
        started: Number(fields[19]),
        zombie: state === 'Z' || state === 'X',
      },
    ];
  });
}

/** Value of a variable in the environment a process was started with; undefined where that can't be read. */
export function startedWith(pid: number, name: string): string | undefined {
  const environ = readBytes(`/proc/${pid}/environ`);
  if (environ === undefined) return undefined;
  const wanted = Buffer.from(`\0${name}=`);
  const all = Buffer.concat([Buffer.from('\0'), environ]);
  const at = all.indexOf(wanted);
  if (at < 0) return undefined;
  const from = at + wanted.length;
  const end = all.indexOf(0, from);
  return all.toString('utf8', from, end < 0 ? all.length : end);
}

/** `root` and all that descend from it now. */
export function descendants(processes: readonly ProcessFacts[], root: number): ReadonlySet<number> {
  const children = new Map<number, number[]>();
  for (const { pid, parent } of processes) {
    const known = children.get(parent);
    if (known === undefined) children.set(parent, [pid]);
    else known.push(pid);
  }
  const found = new Set([root]);
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    for (const child of children.get(pid) ?? []) {
      if (found.has(child)) continue;
      found.add(child);
      open.push(child);
    }
  }
  return found;
}

/** True where the signal was sent. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

function readBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
