/** The command reference, `docs/reference/<topic>.md`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cell, type Entry, NOTE, type Parameter, spoken, topicOf } from './manifest.ts';

const fill = (text: string, id: string): string =>
  text
    .replace(/<%[-=]\s*config\.bin\s*%>/g, 'bit')
    .replace(/<%[-=]\s*command\.id\s*%>/g, id.replaceAll(':', ' '));

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

/** Returns the number of pages. */
export function writeReference(directory: string, entries: readonly Entry[]): number {
  const topics = Map.groupBy(entries, ({ id }) => topicOf(id));
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const index = entries.map(
    ({ id, summary = '' }) => `| [${spoken(id)}](${topicOf(id)}.md) | ${cell(summary)} |`,
  );
  const page = (name: string, text: string) => writeFileSync(join(directory, name), NOTE + text);
  page('README.md', `# Commands\n\n| command | |\n|---|---|\n${index.join('\n')}\n`);
  for (const [topic, members] of topics)
    page(`${topic}.md`, `# bit ${topic}\n\n${members.map(section).join('\n')}`);
  return topics.size;
}
