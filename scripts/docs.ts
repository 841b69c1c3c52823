/** Writes the command reference, `docs/reference/<topic>.md`, from `oclif.manifest.json`. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Parameter {
  readonly name: string;
  readonly char?: string;
  readonly description?: string;
  readonly summary?: string;
  readonly required?: boolean;
  readonly hidden?: boolean;
  readonly multiple?: boolean;
  readonly type?: 'boolean' | 'option';
  readonly helpValue?: string;
  readonly helpGroup?: string;
  readonly options?: readonly string[];
  readonly default?: unknown;
}

interface Entry {
  readonly id: string;
  readonly summary?: string;
  readonly description?: string;
  readonly hidden?: boolean;
  readonly args: Readonly<Record<string, Parameter>>;
  readonly flags: Readonly<Record<string, Parameter>>;
  readonly examples?: readonly (string | { readonly command: string; readonly description?: string })[];
  readonly aliases: readonly string[];
  readonly hiddenAliases: readonly string[];
  readonly action?: string;
  readonly event?: string;
}

const root = dirname(import.meta.dirname);
const directory = join(root, 'docs', 'reference');

const spoken = (id: string): string => `bit ${id.replaceAll(':', ' ')}`;
const fill = (text: string, id: string): string =>
  text
    .replace(/<%[-=]\s*config\.bin\s*%>/g, 'bit')
    .replace(/<%[-=]\s*command\.id\s*%>/g, id.replaceAll(':', ' '));
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function usage({ id, args, flags }: Entry): string {
  const words = Object.values(args).map(({ name, required, multiple }) => {
    const word = `${name.toUpperCase()}${multiple === true ? '…' : ''}`;
    return required === true ? word : `[${word}]`;
  });
  const own = Object.values(flags).some((flag) => flag.helpGroup !== 'GLOBAL' && flag.hidden !== true);
  return [spoken(id), ...words, ...(own ? ['[FLAGS]'] : [])].join(' ');
}

function flagRow(flag: Parameter): string {
  const value =
    flag.type === 'option'
      ? ` ${flag.options?.join('\\|') ?? flag.helpValue ?? flag.name.toUpperCase()}`
      : '';
  const short = flag.char === undefined ? '' : `\`-${flag.char}\`, `;
  const fallback =
    flag.default === undefined || flag.default === false ? '' : ` Default: \`${String(flag.default)}\`.`;
  const text = `${flag.required === true ? 'Required. ' : ''}${flag.summary ?? flag.description ?? ''}${fallback}`;
  return `| ${short}\`--${flag.name}${value}\` | ${cell(text)} |`;
}

function section(entry: Entry): string {
  const { id, args, flags, examples = [] } = entry;
  const lines = [`## ${spoken(id)}`, '', entry.summary ?? '', '', '```', usage(entry), '```', ''];
  if (entry.description !== undefined) lines.push(fill(entry.description, id), '');
  if (entry.event !== undefined)
    lines.push(`Policy action \`${entry.action}\`, ledger event \`${entry.event}\`.`, '');
  const others = [...entry.aliases, ...entry.hiddenAliases];
  if (others.length > 0) lines.push(`Also: ${others.map((name) => `\`${spoken(name)}\``).join(', ')}.`, '');
  const named = Object.values(args);
  if (named.length > 0) {
    lines.push('| argument | |', '|---|---|');
    for (const { name, description = '', options } of named) {
      const choice =
        options === undefined ? '' : ` One of: ${options.map((option) => `\`${option}\``).join(', ')}.`;
      lines.push(`| \`${name.toUpperCase()}\` | ${cell(description + choice)} |`);
    }
    lines.push('');
  }
  const own = Object.values(flags).filter((flag) => flag.helpGroup !== 'GLOBAL' && flag.hidden !== true);
  if (own.length > 0) lines.push('| flag | |', '|---|---|', ...own.map(flagRow), '');
  if (examples.length > 0) {
    const shown = examples.map((example) => (typeof example === 'string' ? example : example.command));
    lines.push('```', ...shown.map((example) => fill(example, id)), '```', '');
  }
  return lines.join('\n');
}

const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as {
  commands: Readonly<Record<string, Entry>>;
};
const topics = new Map<string, Entry[]>();
for (const entry of Object.values(manifest.commands)) {
  if (entry.hidden === true) continue;
  const topic = entry.id.split(':')[0] ?? entry.id;
  topics.set(topic, [...(topics.get(topic) ?? []), entry]);
}
rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });
const note = '<!-- Written by `npm run docs`; change the command, not this file. -->\n\n';
const index = [...topics].map(([topic, entries]) =>
  entries.map(({ id, summary = '' }) => `| [${spoken(id)}](${topic}.md) | ${cell(summary)} |`).join('\n'),
);
writeFileSync(
  join(directory, 'README.md'),
  `${note}# Commands\n\n| command | |\n|---|---|\n${index.join('\n')}\n`,
);
for (const [topic, entries] of topics) {
  writeFileSync(
    join(directory, `${topic}.md`),
    `${note}# bit ${topic}\n\n${entries.map(section).join('\n')}`,
  );
}
process.stdout.write(`docs/reference: ${topics.size} topics\n`);
