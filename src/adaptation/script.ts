/** Commands that mostly fail because of a network that is back a moment later. */
const NETWORK =
  /^(?:sudo (?:-E )?)?(?:npm (?:ci|i|install)|pnpm (?:i|install)|yarn(?: install)?|pip3? install|python3? -m pip install|apt-get (?:-\S+ )*(?:update|install)|apt (?:-\S+ )*(?:update|install)|curl|wget|docker pull|cargo fetch|go mod download|bundle install|gem install|brew (?:install|update)|git (?:fetch|clone)|composer install|dotnet restore)(?: |$)/;

/** A line the shell reads as more than one command, or as part of one, can't be tried again as it stands. */
const COMPOUND =
  /[|&;<>`]|\\$|\$\(|^\s*(?:if|then|else|elif|fi|for|while|until|do|done|case|esac|function)\b|[{}]\s*$/;

const RETRY =
  'retry() { n=1; d=10; until "$@"; do [ "$n" -ge 3 ] && return 1; echo "try $n failed; again in $d s"; sleep "$d"; n=$((n + 1)); d=$((d * 2)); done; }';

export interface Adapted {
  readonly script: string;
  readonly notes: readonly string[];
}

/** Undefined where there is nothing to do. */
export function withRetries(script: string): Adapted | undefined {
  if (/\bretry\b|<<-?\s*['"]?\w/.test(script)) return undefined;
  const notes: string[] = [];
  const lines = script.split('\n');
  let again = false;
  const made = lines.map((line, at) => {
    const [, indent = '', command = ''] = /^(\s*)(.*)$/.exec(line) ?? [];
    const continued = lines[at - 1]?.endsWith('\\') === true;
    if (continued || COMPOUND.test(line)) return line;
    if (/^aln-analyze(?: |$)/.test(command) && !script.includes('command -v aln-analyze')) {
      notes.push(
        'aln-analyze: where it is missing bit check language looks instead, and its failure is a warning',
      );
      return `${indent}if command -v aln-analyze >/dev/null 2>&1; then ${command} || echo '::warning::aln-analyze failed'; elif command -v bit >/dev/null 2>&1; then bit check language --warn; else echo '::warning::aln-analyze is not here'; fi`;
    }
    if (!NETWORK.test(command)) return line;
    again = true;
    notes.push(`${command.split(' ').slice(0, 3).join(' ')} is tried up to 3 times`);
    // sudo runs programs, not functions of this shell: it goes inside
    return `${indent}retry ${command}`;
  });
  if (notes.length === 0) return undefined;
  return { script: [...(again ? [RETRY] : []), ...made].join('\n'), notes };
}
