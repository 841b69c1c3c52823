import type { Fixer } from '../model.ts';
import { artifactPath } from './artifact-path.ts';
import { brokenHook } from './broken-hook.ts';
import { commandNotFound } from './command-not-found.ts';
import { diskFull } from './disk-full.ts';
import { flakyStep } from './flaky-step.ts';
import { formatter } from './formatter.ts';
import { generatedConflict } from './generated-conflict.ts';
import { gitIdentity } from './git-identity.ts';
import { linter } from './linter.ts';
import { lockfileDrift } from './lockfile-drift.ts';
import { lostRunBit } from './lost-run-bit.ts';
import { missingDirectory } from './missing-directory.ts';
import { missingEnvironment } from './missing-environment.ts';
import { missingScript } from './missing-script.ts';
import { notBuilt } from './not-built.ts';
import { portInUse } from './port-in-use.ts';
import { staleLock } from './stale-lock.ts';
import { staleOutput } from './stale-output.ts';
import { syntaxSlip } from './syntax-slip.ts';
import { timeoutTooShort } from './timeout-too-short.ts';
import { unpinnedAction } from './unpinned-action.ts';
import { workflowYaml } from './workflow-yaml.ts';
import { wrongInterpreter } from './wrong-interpreter.ts';
import { wrongPath } from './wrong-path.ts';

/** The catalogue, one a line, by name. */
export const FIXERS: readonly Fixer[] = [
  artifactPath,
  brokenHook,
  commandNotFound,
  diskFull,
  flakyStep,
  formatter,
  generatedConflict,
  gitIdentity,
  linter,
  lockfileDrift,
  lostRunBit,
  missingDirectory,
  missingEnvironment,
  missingScript,
  notBuilt,
  portInUse,
  staleLock,
  staleOutput,
  syntaxSlip,
  timeoutTooShort,
  unpinnedAction,
  workflowYaml,
  wrongInterpreter,
  wrongPath,
];
