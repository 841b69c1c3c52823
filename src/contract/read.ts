import { nearest, printable, shorten } from '../kernel/text.ts';
import { parseDocument } from './parse.ts';
import type { Clause, Contract, Diagnostic, Field, FlagKey, Scope, Section, Selector } from './types.ts';

const FLAGS: Readonly<Record<FlagKey, Readonly<Record<string, string>>>> = {
  BLOCKCHAIN_SECURITY: {
    true: 'nothing happens on a ledger whose head is not signed and whole, nor outside it',
    false: '',
  },
  DATA_TRAFFIC_POLICY: {
    enabled: 'only who has contract access sends anything out of this clone',
    disabled: '',
  },
  WORKFLOW_ENGINE: {
    policy_driven: 'only who has contract access acts on workflows',
    manual: 'no action on workflows comes from a token',
    disabled: 'no action on workflows at all',
  },
  PRIVACY: { no_data_mining: 'nothing is mined, measured or sent home', open: '' },
};
const HEADER = ['CONTRACT', 'SCOPE', 'DESCRIPTION', ...Object.keys(FLAGS)];
const SELECTORS = ['ACTION', 'BRANCH', 'WORKFLOW', 'USER', 'FORCE', 'MESSAGE'];
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  DENY: SELECTORS,
  REQUIRE: [...SELECTORS, 'ACCESS', 'SIGNED', 'TOKEN'],
  APPROVAL: [...SELECTORS, 'NEEDS', 'OF', 'OWN'],
};
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const ACTION = /^(?:\*|[a-z][a-z0-9_-]*(?:\.(?:\*|[a-z][a-z0-9_-]*))+)$/;
const MOST_ITEMS = 100;
const MOST_SECTIONS = 200;
const MOST_NEEDS = 50;

/** A contract, undefined where it has errors, and all that is to be said of the text. Never throws. */
export function readContract(text: string): {
  readonly contract: Contract | undefined;
  readonly diagnostics: readonly Diagnostic[];
} {
  const document = parseDocument(text);
  if (document.diagnostics.some(({ code }) => code === 'too-large'))
    return { contract: undefined, diagnostics: document.diagnostics };
  const reading = new Reading([...document.diagnostics]);
  const contract = reading.contract(document.fields, document.sections);
  const failed = reading.diagnostics.some(({ severity }) => severity === 'error');
  const sorted = reading.diagnostics.sort((a, b) => a.line - b.line || a.column - b.column);
  return { contract: failed ? undefined : contract, diagnostics: sorted };
}

class Reading {
  readonly diagnostics: Diagnostic[];

  constructor(diagnostics: Diagnostic[]) {
    this.diagnostics = diagnostics;
  }

  contract(fields: readonly Field[], sections: readonly Section[]): Contract {
    const header = this.unique(fields, HEADER, 'the header of a contract');
    const [first] = fields;
    const name = header.get('CONTRACT');
    if (name === undefined)
      this.tell('missing', first?.at ?? { line: 1, column: 1 }, 'a contract begins with CONTRACT: name');
    else if (first !== name) this.tell('syntax', name.at, 'CONTRACT: name is the first field');
    if (name !== undefined && !NAME.test(name.value))
      this.tell('bad-value', name.valueAt, 'a name has letters, digits, . _ and -');
    if (sections.length > MOST_SECTIONS)
      this.tell('too-large', sections[MOST_SECTIONS]?.at, `a contract has at most ${MOST_SECTIONS} sections`);
    const clauses: Clause[] = [];
    for (const [key, meanings] of Object.entries(FLAGS)) {
      const field = header.get(key);
      if (field === undefined) continue;
      const asks = Object.hasOwn(meanings, field.value) ? meanings[field.value] : undefined;
      if (asks === undefined) {
        this.badValue(field, Object.keys(meanings));
      } else if (asks !== '') {
        clauses.push({ kind: 'flag', key: key as FlagKey, value: field.value, line: field.at.line, asks });
      }
    }
    for (const section of sections.slice(0, MOST_SECTIONS)) {
      const clause = this.section(section);
      if (clause !== undefined) clauses.push(clause);
    }
    return {
      name: name?.value ?? '',
      scope: this.scope(header.get('SCOPE')),
      clauses,
      header: Object.fromEntries([...header.values()].map(({ key, value }) => [key, value])),
    };
  }

  private section(section: Section): Clause | undefined {
    const keys = Object.hasOwn(SECTIONS, section.name) ? SECTIONS[section.name] : undefined;
    if (keys === undefined) {
      const [near] = nearest(section.name, Object.keys(SECTIONS), 1);
      const hint =
        near === undefined ? `there are ${Object.keys(SECTIONS).join(', ')}` : `did you mean ${near}?`;
      this.tell('unknown-section', section.at, `no section [${section.name}]; ${hint}`);
      return undefined;
    }
    const fields = this.unique(section.fields, keys, `[${section.name}]`);
    const selector: Selector = {
      actions: this.list(fields.get('ACTION'), ACTION, 'an action, as repo.push, git.* or *'),
      branches: this.list(fields.get('BRANCH')),
      workflows: this.list(fields.get('WORKFLOW')),
      users: this.list(fields.get('USER')),
      force: this.flag(fields.get('FORCE')),
    };
    if (section.fields.length === 0)
      this.tell('missing', section.at, `[${section.name}] says nothing; give it an ACTION`);
    else if (!fields.has('ACTION')) this.tell('missing', section.at, `[${section.name}] names no ACTION`);
    const { line } = section.at;
    const what = describe(selector);
    const message = fields.get('MESSAGE')?.value ?? section.label;
    switch (section.name) {
      case 'DENY':
        return { kind: 'deny', line, selector, message, asks: `never: ${what}` };
      case 'REQUIRE': {
        const [access, signed, token] = ['ACCESS', 'SIGNED', 'TOKEN'].map(
          (key) => this.flag(fields.get(key)) ?? false,
        );
        if (access !== true && signed !== true && token !== true)
          this.tell('missing', section.at, '[REQUIRE] asks for nothing: say ACCESS, SIGNED or TOKEN: true');
        const wants = [
          ...(access === true ? ['contract access'] : []),
          ...(signed === true ? ['a whole, signed ledger'] : []),
          ...(token === true ? ['a token'] : []),
        ].join(' and ');
        return {
          ...{ kind: 'require', line, selector, message, asks: `${what}: only with ${wants}` },
          ...{ access: access === true, signed: signed === true, token: token === true },
        };
      }
      default: {
        const needs = this.count(fields.get('NEEDS'));
        const of = this.list(fields.get('OF'));
        if (of.length > 0 && needs > of.length)
          this.tell('bad-value', fields.get('NEEDS')?.valueAt, `${needs} approvals of ${of.length} people`);
        const own = this.flag(fields.get('OWN')) ?? false;
        const asks = `${what}: only approved by ${needs} of ${of.length === 0 ? 'the trusted signers' : of.length}`;
        return { kind: 'approval', line, selector, message, needs, of, own, asks };
      }
    }
  }

  private scope(field: Field | undefined): Scope {
    if (field === undefined || field.value === 'repo') return { kind: 'repo' };
    const [, kind, name = ''] = /^(bucket|user)\s+(\S+)$/.exec(field.value) ?? [];
    if (kind === 'bucket' && NAME.test(name)) return { kind, name };
    if (kind === 'user' && name.length <= 200) return { kind, name };
    this.tell('bad-value', field.valueAt, 'SCOPE is repo, bucket NAME or user WHO');
    return { kind: 'repo' };
  }

  /** Fields by key; a key twice, or one nobody knows, is an error: passing over it would let through what it asks. */
  private unique(fields: readonly Field[], known: readonly string[], where: string): Map<string, Field> {
    const found = new Map<string, Field>();
    for (const field of fields) {
      if (!known.includes(field.key) && !field.key.startsWith('X_')) {
        const [near] = nearest(field.key, known, 1);
        const hint = near === undefined ? '; keys of your own begin with X_' : `; did you mean ${near}?`;
        this.tell('unknown-key', field.at, `${where} has no ${field.key}${hint}`);
      } else if (found.has(field.key)) {
        this.tell('duplicate', field.at, `${field.key} stands here twice`);
      } else found.set(field.key, field);
    }
    return found;
  }

  private list(field: Field | undefined, pattern?: RegExp, what?: string): string[] {
    if (field === undefined) return [];
    const items = field.value.split(',').map((item) => item.trim());
    if (items.length > MOST_ITEMS || items.some((item) => item === '' || item.length > 200)) {
      this.tell(
        'bad-value',
        field.valueAt,
        `${field.key} lists 1 to ${MOST_ITEMS} names of at most 200 characters`,
      );
    }
    const odd = pattern === undefined ? undefined : items.find((item) => !pattern.test(item));
    if (odd !== undefined)
      this.tell('bad-value', field.valueAt, `${field.key}: ${printable(shorten(odd, 40))} is not ${what}`);
    return items;
  }

  private flag(field: Field | undefined): boolean | undefined {
    if (field === undefined || field.value === 'true' || field.value === 'false')
      return field === undefined ? undefined : field.value === 'true';
    this.badValue(field, ['true', 'false']);
    return undefined;
  }

  private count(field: Field | undefined): number {
    if (field === undefined) return 1;
    const count = /^\d{1,3}$/.test(field.value) ? Number(field.value) : 0;
    if (count < 1 || count > MOST_NEEDS)
      this.tell('bad-value', field.valueAt, `${field.key} is a number from 1 to ${MOST_NEEDS}`);
    return count;
  }

  private badValue(field: Field, choices: readonly string[]): void {
    const [near] = nearest(field.value, choices, 1);
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    this.tell('bad-value', field.valueAt, `${field.key} is ${choices.join(' or ')}${hint}`);
  }

  private tell(code: string, at: { line: number; column: number } | undefined, message: string): void {
    const { line, column } = at ?? { line: 1, column: 1 };
    this.diagnostics.push({ severity: 'error', code, message, line, column });
  }
}

function describe({ actions, branches, workflows, users, force }: Selector): string {
  return [
    ...(force === undefined ? [] : [force ? 'forced' : 'unforced']),
    actions.join(', '),
    ...(branches.length === 0 ? [] : [`on ${branches.join(', ')}`]),
    ...(workflows.length === 0 ? [] : [`of workflow ${workflows.join(', ')}`]),
    ...(users.length === 0 ? [] : [`by ${users.join(', ')}`]),
  ].join(' ');
}
