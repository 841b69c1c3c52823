import type { Step } from '../workflow/index.ts';
import { collectFiles } from './collect.ts';
import type { StepPlan } from './plan-model.ts';

/**
 * Keeps what a step leaves for the next as an artifact of the run. Steps that run here find the files in the work tree;
 * one that runs elsewhere is given the artifact.
 */
export function passStep({ number, kind, artifactPass }: StepPlan): readonly Step[] {
  if (artifactPass.length === 0 || kind === 'gate' || kind === 'barrier') return [];
  const name = `pass-${number}`;
  return [
    {
      id: '_pass',
      title: 'files passed on',
      prepare: () => ({
        kind: 'native',
        async run({ artifacts, state, log }) {
          const files = collectFiles(state.workspace, artifactPass, { skip: ['node_modules'] });
          if (files.length === 0) return log('nothing to pass on');
          const { digest } = await artifacts.put(name, files, { replace: true });
          log(`${files.length} files as ${name}, sha256 ${digest}`);
        },
      }),
    },
  ];
}
