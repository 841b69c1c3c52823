import type { Fixer } from '../model.ts';
import { artifactPath } from './artifact-path.ts';
import { diskFull } from './disk-full.ts';
import { formatter } from './formatter.ts';
import { generatedConflict } from './generated-conflict.ts';
import { linter } from './linter.ts';
import { lockfileDrift } from './lockfile-drift.ts';
import { lostRunBit } from './lost-run-bit.ts';
import { portInUse } from './port-in-use.ts';
import { unpinnedAction } from './unpinned-action.ts';
import { workflowYaml } from './workflow-yaml.ts';

/** The catalogue, one a line, by name. */
export const FIXERS: readonly Fixer[] = [
  artifactPath,
  diskFull,
  formatter,
  generatedConflict,
  linter,
  lockfileDrift,
  lostRunBit,
  portInUse,
  unpinnedAction,
  workflowYaml,
];
