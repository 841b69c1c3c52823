import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import type { Step, StepTools } from '../workflow/index.ts';
import type { FlowPlan } from './plan-model.ts';

export const POLICY_SCRIPT = '.bithub/policy.sh';

export interface Gate {
  readonly kind: 'policy' | 'approval';
  /** The flow or workflow it stands in, as policies see it. */
  readonly of: string;
  readonly words: readonly string[];
}

/**
 * `policy`: the policies parse, type-check and pass their tests; the set in force allows `flow.gate` for this flow and
 * event, which the ledger records; and `.bithub/policy.sh` succeeds where there is one. `approval`: `flow.approve`,
 * which others must have granted. A gate is never tried again: its answer would be the same.
 */
export function gateSteps(gate: Gate): readonly Step[] {
  if (gate.kind === 'approval') {
    const words = ['flow', 'gate', gate.of, 'approval', ...gate.words];
    return [
      {
        id: 'approval',
        title: 'approved by others',
        prepare: () => ({ kind: 'native', run: (tools) => passApproval(tools, words) }),
      },
    ];
  }
  return [
    bitStep('check', 'policies hold', ['policy', 'check']),
    bitStep('decide', 'policy allows it', ['flow', 'gate', gate.of, 'policy', ...gate.words]),
    {
      id: 'script',
      title: POLICY_SCRIPT,
      decide: ({ workspace, status }) => {
        if (status !== 'success') return { run: false, why: 'the policy gate is closed' };
        const there = lstatSync(join(workspace, POLICY_SCRIPT), { throwIfNoEntry: false }) !== undefined;
        return there ? { run: true } : { run: false, why: `there is no ${POLICY_SCRIPT}` };
      },
      prepare({ workspace }) {
        const path = join(workspace, POLICY_SCRIPT);
        const stat = lstatSync(path, { throwIfNoEntry: false });
        if (stat?.isFile() !== true) throw new BitError('failed', `${POLICY_SCRIPT} is no regular file`);
        // passed over, a gate that lost its bit would stand open
        if ((stat.mode & 0o111) === 0)
          throw new BitError('failed', `${POLICY_SCRIPT} is not executable: chmod +x it`);
        return { kind: 'process', argv: [path], env: {}, files: {} };
      },
    },
  ];
}

/** What `bit flow gate` is told of the occasion. */
export function occasionWords({ occasion: { event, branch, labels, isFork } }: FlowPlan): string[] {
  return [
    '--event',
    event,
    ...(branch === null ? [] : ['--branch', branch]),
    ...labels.flatMap((label) => ['--label', label]),
    ...(isFork ? ['--fork'] : []),
  ];
}

const DENIED = 3;

/** The run waits here, and goes on from here once that was granted. */
async function passApproval(tools: StepTools, words: readonly string[]): Promise<void> {
  const exit = await tools.bit(words);
  if (exit === 0) return;
  if (exit === DENIED) throw new BitError('waiting', 'it waits for approval', { details: { exit } });
  throw new BitError('failed', `bit flow gate ended with ${exit}`, { details: { exit } });
}

/** A `bit` command as a step: gated, recorded, part of this run. */
export function bitStep(id: string, title: string, words: readonly string[]): Step {
  return { id, title, prepare: () => ({ kind: 'native', run: (tools) => runBit(tools, words) }) };
}

export async function runBit(tools: StepTools, words: readonly string[]): Promise<void> {
  const exit = await tools.bit(words);
  if (exit !== 0)
    throw new BitError('failed', `bit ${words.slice(0, 2).join(' ')} ended with ${exit}`, {
      details: { exit },
    });
}
