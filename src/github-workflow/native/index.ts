import type { LineTools, StepTools } from '../../workflow/index.ts';
import type { RemoteReference } from '../action-place.ts';
import type { Frame } from '../scope.ts';
import { downloadArtifact, uploadArtifact } from './artifact.ts';
import { cache, restoreCache, saveCache } from './cache.ts';
import { checkout } from './checkout.ts';
import { setupNode } from './setup-node.ts';

export interface NativeCall {
  /** By name in lower case, with the defaults of those that have one. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly tools: StepTools;
  readonly frame: Frame;
  readonly readLine: (line: string, tools: LineTools) => string | undefined;
}

/** An action of GitHub's that is done here, without its code. */
export interface NativeAction {
  readonly defaults: Readonly<Record<string, string>>;
  readonly run: (call: NativeCall) => Promise<void>;
  readonly post?: (call: NativeCall) => Promise<void>;
  /** After a failure too. */
  readonly postAlways?: boolean;
}

const ACTIONS: Readonly<Record<string, NativeAction>> = {
  'actions/checkout': checkout,
  'actions/cache': cache,
  'actions/cache/restore': restoreCache,
  'actions/cache/save': saveCache,
  'actions/upload-artifact': uploadArtifact,
  'actions/download-artifact': downloadArtifact,
  'actions/setup-node': setupNode,
};

export function nativeAction({ owner, repo, path }: RemoteReference): NativeAction | undefined {
  const name = [owner, repo, ...(path === '' ? [] : [path])].join('/').toLowerCase();
  return Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
}
