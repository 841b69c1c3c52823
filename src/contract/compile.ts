import { createHash } from 'node:crypto';
import type { JsonObject } from '../kernel/json.ts';
import type { Clause, Contract, Selector } from './types.ts';

/**
 * The Rego a contract comes to: its data as `data.bit.contracts.<id>.contract`, and a `deny` for each thing it asks.
 * Whatever stands in the contract enters the text as a JSON string, and nothing else of it.
 */
export function compileContract(contract: Contract, path: string): string {
  const { scope } = contract;
  const applies = {
    repo: 'applies := true',
    bucket: `applies if input.target.bucket == contract.scope.name`,
    user: 'applies if contract.scope.name in who',
  }[scope.kind];
  const rules = contract.clauses.map((clause, at) => ruleOf(contract, clause, at, path)).join('\n');
  const used = Object.entries(HELPERS).filter(([name]) => `${applies}\n${rules}`.includes(name));
  return `# Compiled from a contract: change that, not this.
package bit.contracts.${packageName(contract.name, path)}

import rego.v1

contract := ${JSON.stringify(dataOf(contract))}

${applies}

${used.map(([, text]) => `${text}\n`).join('')}${rules}`;
}

/** A name no two files share. */
function packageName(name: string, path: string): string {
  const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, '_');
  return `c_${slug}_${createHash('sha256').update(path).digest('hex').slice(0, 8)}`;
}

/** Rules the others ask, by the word they are asked with. */
const HELPERS: Readonly<Record<string, string>> = {
  ' in who': `who contains input.user.email

who contains input.actor
`,
  ' in branches': `branches contains input.target.branch

branches contains branch if some branch in input.target.branches

branches contains input.repo.branch if {
	not input.target.branch
	not input.target.branches
}
`,
  forced: `forced if input.target.force == true

forced if input.args.force == true
`,
  'matches(': `matches(patterns, text) if {
	some pattern in patterns
	glob.match(pattern, null, text)
}
`,
};

function dataOf({ name, scope, clauses, header }: Contract): JsonObject {
  return {
    name,
    scope: { ...scope },
    header: { ...header },
    clauses: clauses.map((clause) =>
      'selector' in clause
        ? {
            line: clause.line,
            actions: clause.selector.actions,
            branches: clause.selector.branches,
            workflows: clause.selector.workflows,
            users: clause.selector.users,
          }
        : { line: clause.line },
    ),
  };
}

function ruleOf(contract: Contract, clause: Clause, at: number, path: string): string {
  const place = `contract ${contract.name} (${path}:${clause.line})`;
  const message = (text: string): string => JSON.stringify(`${place}: ${text}`.toWellFormed());
  const rule = (head: string, body: readonly string[]): string =>
    `deny contains ${head} if {\n${['applies', ...body].map((line) => `\t${line}`).join('\n')}\n}\n`;
  switch (clause.kind) {
    case 'flag':
      return rule(message(clause.asks), FLAG_BODIES[`${clause.key}=${clause.value}`] ?? []);
    case 'deny':
      return rule(message(clause.message || clause.asks), selected(clause.selector, at));
    case 'require': {
      const text = message(clause.message || clause.asks);
      const missing = [
        ...(clause.access ? ['not input.user.has_contract_access'] : []),
        ...(clause.signed ? ['not input.tx.valid_blockchain_sig'] : []),
        ...(clause.token ? ['not is_object(input.token)'] : []),
      ];
      return missing.map((line) => rule(text, [...selected(clause.selector, at), line])).join('\n');
    }
    case 'approval': {
      const text = message(clause.message || clause.asks);
      const { needs, of, own } = clause;
      const who = JSON.stringify({ needs, of: of.map((name) => name.toWellFormed()), own }).slice(1, -1);
      // approving needs no approval: else nothing under workflow.* could ever be approved
      const body = ['input.action != "workflow.approve"', ...selected(clause.selector, at)];
      return rule(`{"msg": ${text}, "approval": true, ${who}}`, body);
    }
  }
}

const FLAG_BODIES: Readonly<Record<string, readonly string[]>> = {
  'BLOCKCHAIN_SECURITY=true': ['not input.tx.valid_blockchain_sig'],
  'DATA_TRAFFIC_POLICY=enabled': ['count(input.tx.irreversible) > 0', 'not input.user.has_contract_access'],
  'WORKFLOW_ENGINE=policy_driven': [
    'startswith(input.action, "workflow.")',
    'not input.user.has_contract_access',
  ],
  'WORKFLOW_ENGINE=manual': ['startswith(input.action, "workflow.")', 'input.token != null'],
  'WORKFLOW_ENGINE=disabled': ['startswith(input.action, "workflow.")'],
  'PRIVACY=no_data_mining': [
    'matches(["mining.*", "telemetry.*", "analytics.*", "tracking.*"], input.action)',
  ],
};

/** The lines that hold where the selector does. The data stands in `contract`, so that no text is spliced in. */
function selected({ branches, workflows, users, force, actions }: Selector, at: number): string[] {
  const data = `contract.clauses[${at}]`;
  return [
    ...(actions.includes('*') ? [] : [`matches(${data}.actions, input.action)`]),
    ...(branches.length === 0 ? [] : ['some branch in branches', `matches(${data}.branches, branch)`]),
    ...(workflows.length === 0 ? [] : [`matches(${data}.workflows, input.target.workflow)`]),
    ...(users.length === 0 ? [] : ['some person in who', `matches(${data}.users, person)`]),
    ...(force === undefined ? [] : [force ? 'forced' : 'not forced']),
  ];
}
