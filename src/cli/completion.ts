/**
 * Completion scripts. Each holds what the manifest says (commands, flags, fixed values), and asks `bit completion
 * values` for names of the repository while somebody types. No name is ever evaluated by a shell.
 */
import { flagWords, type Place, placesOf, type ValuedFlag } from './completion-places.ts';
import type { ManifestCommand } from './manifest.ts';

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(shell: Shell, commands: readonly ManifestCommand[]): string {
  const places = placesOf(commands);
  if (shell === 'bash') return bash(places);
  if (shell === 'zsh') return zsh(places);
  return shell === 'fish' ? fish(places) : powershell(places);
}

const valued = ({ flags }: Place): readonly ValuedFlag[] =>
  flags.flatMap((flag) => (flag.valued === undefined ? [] : [flag.valued]));

/** Words of a place for the shells that are not told what they mean. */
const known = (places: readonly Place[], quote = "'"): string[] =>
  places.filter(({ words }) => words !== '').map(({ words }) => `${quote}${words}${quote}`);

/** What the word before asks for: `--format)` … */
function afterFlag(place: Place, only: (options: readonly string[]) => string): string {
  const cases = valued(place).map(({ words, options, kinds }) => {
    const answer =
      options.length > 0 ? only(options) : kinds.length > 0 ? `kinds='${kinds.join(' ')}'` : 'files=1';
    return `${words.join('|')}) value=1; ${answer} ;;`;
  });
  return cases.length === 0 ? '' : `case $previous in ${cases.join(' ')} esac`;
}

function bash(places: readonly Place[]): string {
  const cases = places.map((place) => {
    const { words, next, flags, kinds } = place;
    const lines = [
      `next='${next.map(({ name }) => name).join(' ')}'`,
      `flags='${flagWords(flags).join(' ')}'`,
      ...(kinds.length > 0 ? [`kinds='${kinds.join(' ')}'`] : []),
      afterFlag(place, (options) => `only='${options.join(' ')}'`),
    ];
    return `    '${words}') ${lines.filter((line) => line !== '').join('; ')} ;;`;
  });
  return `# bit completion for bash; load it with: source <(bit completion bash)
_bit() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local path='' word name next='' flags='' kinds='' only='' value='' files=''
  local -i at
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    [[ $word == -* ]] && continue
    _bit_known "\${path:+$path }$word" && path="\${path:+$path }$word"
  done
  case $path in
${cases.join('\n')}
  esac
  COMPREPLY=()
  if [[ -n $only ]]; then
    next=$only
  elif [[ -n $value ]]; then
    next=''
  elif [[ $current == -* ]]; then
    next=$flags kinds=''
  fi
  # not compgen -W: it would expand what a branch is called
  for name in $next; do
    [[ $name == "$current"* ]] && COMPREPLY+=("$name")
  done
  if [[ -z $only && -n $kinds ]]; then
    while IFS= read -r name; do
      [[ $name == "$current"* ]] && COMPREPLY+=("$name")
    done < <(bit completion values $kinds 2>/dev/null)
  fi
  if [[ -n $files || ( \${#COMPREPLY[@]} -eq 0 && $current != -* ) ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -f -- "$current")
  fi
  return 0
}
_bit_known() {
  case $1 in
    ${known(places).join('|')}) return 0 ;;
  esac
  return 1
}
complete -F _bit bit
`;
}

function zsh(places: readonly Place[]): string {
  const cases = places.map((place) => {
    const { words, next, flags, kinds } = place;
    const described = next.map(({ name, summary }) => `'${name}${summary === '' ? '' : `:${summary}`}'`);
    const lines = [
      `next=(${described.join(' ')})`,
      `flags=(${flagWords(flags).join(' ')})`,
      ...(kinds.length > 0 ? [`kinds='${kinds.join(' ')}'`] : []),
      afterFlag(place, (options) => `only=(${options.join(' ')})`),
    ];
    return `    '${words}') ${lines.filter((line) => line !== '').join('; ')} ;;`;
  });
  return `#compdef bit
# bit completion for zsh; load it with: source <(bit completion zsh), or save it as _bit in a folder of $fpath
_bit() {
  local path_='' word kinds='' value='' files='' previous=\${words[CURRENT-1]}
  local -a next flags only found
  local -A known
  known=(${known(places)
    .map((words) => `${words} 1`)
    .join(' ')})
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ $word == -* ]] && continue
    (( \${+known[\${path_:+$path_ }$word]} )) && path_="\${path_:+$path_ }$word"
  done
  case $path_ in
${cases.join('\n')}
  esac
  if (( \${#only} )); then
    compadd -a only
    return
  fi
  if [[ -n $value ]]; then
    next=()
  elif [[ \${words[CURRENT]} == -* ]]; then
    compadd -a flags
    return
  fi
  (( \${#next} )) && _describe 'command' next
  if [[ -n $kinds ]]; then
    found=(\${(f)"$(bit completion values \${=kinds} 2>/dev/null)"})
    compadd -a found
  fi
  if [[ -n $files ]] || (( ! \${#next} && ! \${#found} )); then
    _files
  fi
}
if [[ \${funcstack[1]} == _bit ]]; then _bit "$@"; else compdef _bit bit; fi
`;
}

function fish(places: readonly Place[]): string {
  const lines: string[] = [];
  const values = (kinds: readonly string[]): string =>
    `'(bit completion values ${kinds.join(' ')} 2>/dev/null)'`;
  for (const { words, next, flags, kinds } of places) {
    const when = `-n '__bit_at "${words}"'`;
    for (const { name, summary } of next)
      lines.push(`complete -c bit -f ${when} -a '${name}' -d '${summary}'`);
    if (kinds.length > 0) lines.push(`complete -c bit -f ${when} -a ${values(kinds)}`);
    for (const { name, char, summary, valued: taken } of flags) {
      const short = char === undefined ? '' : ` -s ${char}`;
      const fixed =
        taken === undefined || taken.options.length === 0 ? '' : ` -f -a '${taken.options.join(' ')}'`;
      const live = taken === undefined || taken.kinds.length === 0 ? '' : ` -f -a ${values(taken.kinds)}`;
      const value = taken === undefined ? '' : ` -r${fixed === '' ? live : fixed}`;
      lines.push(`complete -c bit ${when} -l ${name}${short}${value} -d '${summary}'`);
    }
  }
  return `# bit completion for fish; load it with: bit completion fish | source
function __bit_at
  set -l known ${known(places).join(' ')}
  set -l path
  for word in (commandline -opc)[2..-1]
    string match -q -- '-*' $word; and continue
    set -l longer (string join ' ' $path $word)
    contains -- $longer $known; and set path (string split ' ' $longer)
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}

function powershell(places: readonly Place[]): string {
  const list = (items: readonly string[]): string => `@(${items.map((item) => `'${item}'`).join(', ')})`;
  const rows = places.map((place) => {
    const { words, next, flags, kinds } = place;
    const taken = valued(place).flatMap(({ words: spelled, options, kinds: named }) =>
      spelled.map((word) => `'${word}' = @{ Only = ${list(options)}; Kinds = ${list(named)} }`),
    );
    return `$script:BitPlaces['${words}'] = @{ Next = ${list(next.map(({ name }) => name))}; Flags = ${list(flagWords(flags))}; Kinds = ${list(kinds)}; Valued = @{ ${unrepeated(taken).join('; ')} } }`;
  });
  return `# bit completion for PowerShell; load it with: bit completion powershell | Out-String | Invoke-Expression
$script:BitPlaces = @{}
${rows.join('\n')}
Register-ArgumentCompleter -Native -CommandName bit -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $path = ''
  $previous = ''
  foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
    if ($element.Extent.EndOffset -ge $cursorPosition) { break }
    $word = $element.ToString()
    $previous = $word
    if ($word.StartsWith('-')) { continue }
    $longer = "$path $word".Trim()
    if ($script:BitPlaces.ContainsKey($longer)) { $path = $longer }
  }
  $place = $script:BitPlaces[$path]
  $kinds = @()
  if ($place.Valued.ContainsKey($previous)) {
    $found = $place.Valued[$previous].Only
    $kinds = $place.Valued[$previous].Kinds
  } elseif ($wordToComplete.StartsWith('-')) {
    $found = $place.Flags
  } else {
    $found = $place.Next
    $kinds = $place.Kinds
  }
  if ($kinds.Count -gt 0) { $found = @($found) + @(bit completion values @kinds 2>$null) }
  $found | Where-Object { $_ -and $_.StartsWith($wordToComplete) } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
`;
}

/** A hashtable literal of PowerShell with a name twice is an error, and `-c` and `-C` are one name to it. */
function unrepeated(rows: readonly string[]): string[] {
  const seen = new Set<string>();
  return rows.filter((row) => {
    const name = (row.split("'")[1] ?? '').toLowerCase();
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}
