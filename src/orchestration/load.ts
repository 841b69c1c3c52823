import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import {
  faulty,
  type Place,
  parseSpecification,
  readSpecification,
  SPECIFICATION,
  type Specification,
} from '../specification/index.ts';
import { findFaults } from './faults.ts';
import { findWorkflowFile } from './workflows.ts';

export interface Loaded {
  readonly specification: Specification;
  readonly text: string;
  readonly places: ReadonlyMap<string, Place>;
  /** There is no `.bithub.yml`; this one was made up, and why it holds what it does. */
  readonly synthesised?: readonly string[];
}

/** The repository's root. @throws BitError `not-found` outside a work tree */
export function requireRoot(reader: Reader): string {
  const root = reader.repository?.root;
  if (root !== undefined) return root;
  throw new BitError('not-found', `${reader.cwd} is not inside a work tree`, {
    hint: 'start one with: bit init, or get one with: bit clone <repo>',
  });
}

/**
 * `.bithub.yml` with its conditions, effects and names checked; where there is none, one that is made up.
 *
 * @throws BitError `usage` with everything that is wrong, by line and column
 */
export function loadSpecification(root: string): Loaded {
  const read = readSpecification(root);
  if (read === undefined) return synthesise(root);
  const faults = findFaults(read);
  if (faults.length > 0) throw faulty(SPECIFICATION, faults);
  return read;
}

const TESTS = ['.tests-aln', '.tests-batchfile', '.tests-lisp'] as const;

/** The policy gate, images where there is something to build, and the tests there are. */
export function synthesise(root: string): Loaded {
  const notes: string[] = [];
  const steps = ['        - gate: policy'];
  if (hasDockerfile(root)) steps.push('        - action: bit-image');
  else notes.push('no image step: there is no Dockerfile or Containerfile');
  const tests = TESTS.filter((name) => findWorkflowFile(root, name).path !== undefined);
  const missing = TESTS.filter((name) => !tests.includes(name));
  if (missing.length > 0) notes.push(`not there: ${missing.join(', ')}`);
  const others = tests.length > 0 ? [] : workflowsIn(root, '.bithub/workflows');
  const names = tests.length > 0 ? tests : others;
  if (others.length > 0) notes.push(`instead: every workflow of .bithub/workflows`);
  if (names.length > 0) {
    steps.push('        - workflows:', '            series:');
    steps.push(...names.map((name) => `              - ${JSON.stringify(name)}`));
  }
  const text = `apiVersion: bithub/v1
kind: OrchestrationSpec
orchestration:
  flows:
    - name: default
      sequence:
${steps.join('\n')}
images:
  defaults:
    platforms: [ "linux/amd64" ]
`;
  return { ...parseSpecification(text, 'the made-up .bithub.yml'), synthesised: notes };
}

function workflowsIn(root: string, folder: string): string[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => name.replace(/\.ya?ml$/, ''))
    .sort();
}

/** Folders deep enough for any project, without what is never one's own. */
const DEPTH = 4;
const PASSED_OVER = new Set(['.git', 'node_modules', 'vendor', 'target', 'dist']);

function hasDockerfile(root: string): boolean {
  let level = [root];
  for (let depth = 0; depth < DEPTH; depth++) {
    const next: string[] = [];
    for (const folder of level.slice(0, 500)) {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        if (entry.isFile() && /^(?:Dockerfile|Containerfile)$/i.test(entry.name)) return true;
        if (entry.isDirectory() && !PASSED_OVER.has(entry.name)) next.push(join(folder, entry.name));
      }
    }
    level = next.filter((folder) => lstatSync(folder).isDirectory());
  }
  return false;
}
