import { deadSteps, unsoundContains } from './conditions.ts';
import type { Rule } from './finding.ts';
import {
  dangerousTriggers,
  githubEnv,
  insecureCommands,
  templateInjection,
  untrustedCheckout,
} from './injection.ts';
import { botConditions, excessivePermissions, secretsExposed, selfHosted } from './rights.ts';
import { artipacked, cachePoisoning, containerCredentials, unpinnedUses } from './supply.ts';

/** Every rule, the gravest first. */
export const RULES: readonly Rule[] = [
  templateInjection,
  untrustedCheckout,
  dangerousTriggers,
  excessivePermissions,
  unpinnedUses,
  secretsExposed,
  artipacked,
  cachePoisoning,
  githubEnv,
  insecureCommands,
  containerCredentials,
  botConditions,
  unsoundContains,
  selfHosted,
  deadSteps,
];
