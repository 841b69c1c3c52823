/** Hooks of git that somebody here has a part in. */
export const HOOKS = [
  'pre-commit',
  'pre-merge-commit',
  'pre-push',
  'post-commit',
  'post-merge',
  'reference-transaction',
] as const;
export type HookName = (typeof HOOKS)[number];

/** Who has parts in hooks. */
export const OWNERS = ['freeze', 'trigger'] as const;
export type HookOwner = (typeof OWNERS)[number];

/** What a hook that was there before is called while ours stands in its place. */
export const KEPT = '.before-bit';
