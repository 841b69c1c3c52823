import { Flags } from '@oclif/core';

/** Flags every command has. */
export const queryFlags = {
  json: Flags.boolean({ description: 'Print the result as JSON.', helpGroup: 'GLOBAL' }),
  jq: Flags.string({
    description: 'Filter the JSON result through a jq expression (implies --json).',
    helpGroup: 'GLOBAL',
    helpValue: 'EXPR',
  }),
  directory: Flags.string({
    char: 'C',
    description: 'Run as if started in DIR.',
    helpGroup: 'GLOBAL',
    helpValue: 'DIR',
  }),
  'no-input': Flags.boolean({
    description: 'Never prompt; fail where an answer is needed.',
    helpGroup: 'GLOBAL',
  }),
  quiet: Flags.boolean({ char: 'q', description: 'Print only the result and errors.', helpGroup: 'GLOBAL' }),
  'show-git': Flags.boolean({
    description: 'Print each git command as it runs, to stderr.',
    helpGroup: 'GLOBAL',
  }),
};

/** Flags every action has besides. */
export const actionFlags = {
  ...queryFlags,
  'dry-run': Flags.boolean({
    description: 'Print the plan and the policy decision; change and record nothing. Exits 3 when denied.',
    helpGroup: 'GLOBAL',
  }),
  yes: Flags.boolean({ char: 'y', description: 'Answer yes to every question.', helpGroup: 'GLOBAL' }),
};

/** A flag that may stand several times, each with one value. */
export function repeated(description: string, helpValue: string) {
  return Flags.string({ description, helpValue, multiple: true, multipleNonGreedy: true });
}

export const GLOBAL_FLAGS: ReadonlySet<string> = new Set(Object.keys(actionFlags));
