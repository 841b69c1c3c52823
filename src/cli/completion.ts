/** Completion scripts, written from the manifest: topics, commands, flags and their values. */
import type { ManifestCommand, ManifestFlag } from './manifest.ts';

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

/** One place in a command line: what may follow these words. */
interface Place {
  /** `branch`, `branch list`, or empty for the start. */
  readonly words: string;
  readonly next: readonly { readonly name: string; readonly summary: string }[];
  readonly flags: readonly ManifestFlag[];
  /** Names of the repository that an argument takes, as `completion values` knows them. */
  readonly values: string | undefined;
}

/** Kinds of names that are looked up when asked for, by the argument that takes one. */
const VALUES: Readonly<Record<string, string>> = {
  branch: 'branches',
  destination: 'branches',
  name: 'branches',
  source: 'branches',
  remote: 'remotes',
  tag: 'tags',
};

export function completionScript(shell: Shell, commands: readonly ManifestCommand[]): string {
  const places = placesOf(commands);
  if (shell === 'bash') return bash(places);
  if (shell === 'zsh') return zsh(places);
  return shell === 'fish' ? fish(places) : powershell(places);
}

function placesOf(commands: readonly ManifestCommand[]): Place[] {
  const shown = commands.filter((command) => command.hidden !== true);
  const children = new Map<string, Map<string, string>>([['', new Map()]]);
  for (const { id, summary = '' } of shown) {
    const parts = id.split(':');
    parts.forEach((part, at) => {
      const parent = parts.slice(0, at).join(' ');
      const known = children.get(parent) ?? new Map<string, string>();
      if (at === parts.length - 1 || !known.has(part))
        known.set(part, at === parts.length - 1 ? summary : '');
      children.set(parent, known);
    });
  }
  const byWords = new Map(shown.map((command) => [command.id.replaceAll(':', ' '), command]));
  const all = [...new Set([...children.keys(), ...byWords.keys()])].sort();
  return all.map((words) => {
    const command = byWords.get(words);
    const next = [...(children.get(words) ?? new Map<string, string>())]
      .map(([name, summary]) => ({ name, summary: plain(summary) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const flags = Object.values(command?.flags ?? {}).filter((flag) => flag.hidden !== true);
    const kinds = Object.keys(command?.args ?? {}).map((name) => valuesFor(words, name));
    return { words, next, flags, values: kinds.find((kind) => kind !== undefined) };
  });
}

function valuesFor(words: string, argument: string): string | undefined {
  if (words.startsWith('tag ')) return words === 'tag delete' ? 'tags' : undefined;
  if (argument === 'name' && !words.startsWith('branch ')) return undefined;
  return words === 'branch new' ? undefined : VALUES[argument];
}

/** One line without what a shell, or oclif's templates, would read as more than text. */
function plain(summary: string): string {
  return summary
    .replace(/<%.*?%>/g, 'bit')
    .replace(/[\r\n\t]+/g, ' ')
    .replace(/['"`$\\:[\]]/g, '')
    .trim();
}

function flagWords(flags: readonly ManifestFlag[]): string[] {
  return flags.flatMap((flag) => [`--${flag.name}`, ...(flag.char === undefined ? [] : [`-${flag.char}`])]);
}

/** Flags with a fixed set of values, as `--name` → values. */
function choices(flags: readonly ManifestFlag[]): [string, string][] {
  return flags.flatMap((flag) =>
    flag.options === undefined ? [] : [[`--${flag.name}`, flag.options.join(' ')] as [string, string]],
  );
}

function bash(places: readonly Place[]): string {
  const cases = places.map(({ words, next, flags, values }) => {
    const lines = [
      `next='${next.map(({ name }) => name).join(' ')}'`,
      `flags='${flagWords(flags).join(' ')}'`,
    ];
    if (values !== undefined) lines.push(`kind='${values}'`);
    for (const [flag, options] of choices(flags))
      lines.push(`[[ $previous == ${flag} ]] && only='${options}'`);
    return `    '${words}') ${lines.join('; ')} ;;`;
  });
  return `# bit completion for bash; load it with: source <(bit completion bash)
_bit() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path='' word next='' flags='' kind='' only=''
  local -i at
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    [[ $word == -* ]] && continue
    _bit_known "\${path:+$path }$word" && path="\${path:+$path }$word"
  done
  case $path in
${cases.join('\n')}
  esac
  if [[ -n $only ]]; then
    COMPREPLY=($(compgen -W "$only" -- "$current"))
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  else
    [[ -n $kind ]] && next="$next $(bit completion values "$kind" 2>/dev/null)"
    COMPREPLY=($(compgen -W "$next" -- "$current"))
    [[ \${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- "$current"))
  fi
  return 0
}
_bit_known() {
  case $1 in
    ${places
      .filter(({ words }) => words !== '')
      .map(({ words }) => `'${words}'`)
      .join('|')}) return 0 ;;
  esac
  return 1
}
complete -o filenames -F _bit bit
`;
}

function zsh(places: readonly Place[]): string {
  const cases = places.map(({ words, next, flags, values }) => {
    const lines = [`next=(${next.map(({ name, summary }) => `'${name}:${summary}'`).join(' ')})`];
    lines.push(
      `flags=(${flagWords(flags)
        .map((flag) => `'${flag}'`)
        .join(' ')})`,
    );
    if (values !== undefined) lines.push(`kind='${values}'`);
    for (const [flag, options] of choices(flags))
      lines.push(`[[ $previous == ${flag} ]] && only=(${options})`);
    return `    '${words}') ${lines.join('; ')} ;;`;
  });
  const known = places.filter(({ words }) => words !== '').map(({ words }) => `'${words}' 1`);
  return `#compdef bit
# bit completion for zsh; load it with: source <(bit completion zsh)
_bit() {
  local path_='' word kind='' previous=\${words[CURRENT-1]}
  local -a next flags only found
  local -A known=(${known.join(' ')})
  for word in \${words[2,CURRENT-1]}; do
    [[ $word == -* ]] && continue
    (( \${+known[\${path_:+$path_ }$word]} )) && path_="\${path_:+$path_ }$word"
  done
  case $path_ in
${cases.join('\n')}
  esac
  if (( \${#only} )); then
    compadd -a only
  elif [[ \${words[CURRENT]} == -* ]]; then
    compadd -a flags
  else
    (( \${#next} )) && _describe 'command' next
    if [[ -n $kind ]]; then
      found=(\${(f)"$(bit completion values $kind 2>/dev/null)"})
      compadd -a found
    elif (( ! \${#next} )); then
      _files
    fi
  fi
}
compdef _bit bit
`;
}

function fish(places: readonly Place[]): string {
  const lines: string[] = [];
  for (const { words, next, flags, values } of places) {
    const when = `-n '__bit_at "${words}"'`;
    for (const { name, summary } of next)
      lines.push(`complete -c bit -f ${when} -a '${name}' -d '${summary}'`);
    if (values !== undefined)
      lines.push(`complete -c bit -f ${when} -a '(bit completion values ${values} 2>/dev/null)'`);
    for (const flag of flags) {
      const short = flag.char === undefined ? '' : ` -s ${flag.char}`;
      const value =
        flag.type === 'option'
          ? ` -r${flag.options === undefined ? '' : ` -f -a '${flag.options.join(' ')}'`}`
          : '';
      lines.push(
        `complete -c bit ${when} -l ${flag.name}${short}${value} -d '${plain(flag.description ?? '')}'`,
      );
    }
  }
  const known = places.filter(({ words }) => words !== '').map(({ words }) => `'${words}'`);
  return `# bit completion for fish; load it with: bit completion fish | source
function __bit_at
  set -l known ${known.join(' ')}
  set -l path
  for word in (commandline -opc)[2..-1]
    string match -q -- '-*' $word; and continue
    set -l longer (string join ' ' $path $word)
    contains -- $longer $known; and set path $longer
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}

function powershell(places: readonly Place[]): string {
  const rows = places.map(({ words, next, flags, values }) => {
    const list = (items: readonly string[]): string => `@(${items.map((item) => `'${item}'`).join(', ')})`;
    const kind = values === undefined ? '$null' : `'${values}'`;
    return `  '${words}' = @{ Next = ${list(next.map(({ name }) => name))}; Flags = ${list(flagWords(flags))}; Kind = ${kind} }`;
  });
  return `# bit completion for PowerShell; load it with: bit completion powershell | Out-String | Invoke-Expression
$script:BitPlaces = @{
${rows.join('\n')}
}
Register-ArgumentCompleter -Native -CommandName bit -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $path = ''
  foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
    $word = $element.ToString()
    if ($word.StartsWith('-') -or $element.Extent.EndOffset -ge $cursorPosition) { continue }
    $longer = "$path $word".Trim()
    if ($script:BitPlaces.ContainsKey($longer)) { $path = $longer }
  }
  $place = $script:BitPlaces[$path]
  $found = if ($wordToComplete.StartsWith('-')) { $place.Flags } else { $place.Next }
  if (-not $wordToComplete.StartsWith('-') -and $place.Kind) { $found = @($found) + @(bit completion values $place.Kind 2>$null) }
  $found | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
`;
}
