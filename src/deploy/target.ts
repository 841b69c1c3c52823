import { BitError } from '../kernel/errors.ts';
import { nearest, printable } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { type DeployTarget, readSpecification, SPECIFICATION } from '../specification/index.ts';

/** A target of `.bithub.yml`, with the defaults of what it leaves out. */
export interface Target {
  readonly name: string;
  /** Shell text, a program of the repository, or a bot of its tree. */
  readonly work:
    | { readonly script: string }
    | { readonly program: string }
    | { readonly bot: string; readonly scope: 'repo' | 'org' };
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly writable: readonly string[];
  readonly timeoutMs: number;
  readonly health: Health | undefined;
  readonly rollback: string | undefined;
  readonly keep: number;
}

export interface Health {
  readonly ask: { readonly command: string } | { readonly url: string; readonly status: number | undefined };
  readonly retries: number;
  readonly timeoutMs: number;
  readonly intervalMs: number;
}

/** @throws BitError `usage` for a `.bithub.yml` that is wrong */
export function targetNames(reader: Reader): readonly string[] {
  return Object.keys(targetsOf(reader));
}

/**
 * @throws BitError `not-found` with the nearest names; `unsupported` for a kind that this bit can't deploy yet; `usage`
 */
export function readTarget(reader: Reader, name: string): Target {
  const targets = targetsOf(reader);
  const given = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (given === undefined) throw noTarget(name, Object.keys(targets));
  const { kind = 'script', command, script, health } = given;
  if (kind === 'env') {
    const { what, lacks, hint } = LACKING[kind];
    throw new BitError('unsupported', `${name} is ${what}: ${lacks}`, {
      hint,
      details: { target: name, kind },
    });
  }
  if (kind === 'bot') refuseCommands(name, given);
  else if ((command === undefined) === (script === undefined)) {
    throw new BitError('usage', `${SPECIFICATION}: deploy.targets.${name} needs a command or a script`, {
      details: { path: SPECIFICATION, key: `deploy.targets.${name}` },
    });
  }
  const lines = typeof command === 'string' ? command : (command ?? []).join('\n');
  const seconds = (value: number | undefined, otherwise: number): number => (value ?? otherwise) * 1000;
  return {
    name,
    work:
      kind === 'bot'
        ? { bot: given.bot ?? name, scope: given.scope ?? 'repo' }
        : script === undefined
          ? { script: lines }
          : { program: script },
    environment: given.environment ?? {},
    secrets: given.secrets ?? [],
    writable: given.writable ?? [],
    timeoutMs: seconds(given.timeout, 3600),
    health:
      health === undefined
        ? undefined
        : {
            ask:
              health.url === undefined
                ? { command: health.command ?? 'true' }
                : { url: health.url, status: health.status },
            retries: health.retries ?? 5,
            timeoutMs: seconds(health.timeout, 10),
            intervalMs: seconds(health.interval, 2),
          },
    rollback: given.rollback,
    keep: given.keep ?? 5,
  };
}

/** A bot is copied by `bit bot deploy`: no command of one's own runs but that of the health check. */
function refuseCommands(name: string, { command, script, rollback }: DeployTarget): void {
  const [key] = Object.entries({ command, script, rollback }).find(([, value]) => value !== undefined) ?? [];
  if (key === undefined) return;
  throw new BitError('usage', `${SPECIFICATION}: deploy.targets.${name} is a bot, and has no ${key}`, {
    details: { path: SPECIFICATION, key: `deploy.targets.${name}.${key}` },
  });
}

/** docs/decisions/0004-deploy-kinds.md. */
const LACKING = {
  env: {
    what: 'an environment',
    lacks: 'those are made by bit vm, which this bit does not have yet',
    hint: 'a folder, a host or a service of your own is kind: script with a command',
  },
} as const;

function targetsOf(reader: Reader): Readonly<Record<string, DeployTarget>> {
  const { root } = reader.git.paths;
  if (root === undefined) throw new BitError('usage', 'a deployment needs a work tree');
  return readSpecification(root)?.specification.deploy?.targets ?? {};
}

function noTarget(name: string, names: readonly string[]): BitError {
  const near = nearest(name, names);
  return new BitError('not-found', `there is no target ${printable(name)}`, {
    hint:
      near.length > 0
        ? `did you mean: ${near.join(', ')}`
        : names.length > 0
          ? `there is: ${names.join(', ')}`
          : `say where to: deploy.targets in ${SPECIFICATION}`,
  });
}
