import { BitError } from '../kernel/errors.ts';

/** How a `run` script is started: `{0}` in `argv` stands for the file it is put in. */
export interface ShellCommand {
  readonly argv: readonly string[];
  readonly extension: string;
  /** The script as the shell gets it. */
  readonly script: string;
}

/** `$0` is the script: the shell itself looks for what there is. */
const BASH_OR_SH = 'if command -v bash >/dev/null 2>&1; then exec bash -e "$0"; else exec sh -e "$0"; fi';
const PYTHON = 'if command -v python >/dev/null 2>&1; then exec python "$0"; else exec python3 "$0"; fi';
const PWSH_START = "$ErrorActionPreference = 'stop'\n";
const PWSH_END = '\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }\n';

/** What GitHub documents for each `shell`; undefined is none named: bash, or sh where there is no bash. */
export function shellCommand(shell: string | undefined, script: string): ShellCommand {
  const windows = process.platform === 'win32';
  switch (shell?.trim()) {
    case undefined:
    case '':
      if (windows) return powershell('pwsh', script);
      return { argv: ['sh', '-c', BASH_OR_SH, '{0}'], extension: '.sh', script };
    case 'bash':
      return { argv: ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '{0}'], extension: '.sh', script };
    case 'sh':
      return { argv: ['sh', '-e', '{0}'], extension: '.sh', script };
    case 'python':
      return { argv: windows ? ['python', '{0}'] : ['sh', '-c', PYTHON, '{0}'], extension: '.py', script };
    case 'pwsh':
    case 'powershell':
      return powershell(shell?.trim() ?? 'pwsh', script);
    case 'cmd':
      return { argv: ['cmd', '/D', '/E:ON', '/V:OFF', '/S', '/C', 'CALL "{0}"'], extension: '.cmd', script };
    default:
      return custom(shell ?? '', script);
  }
}

function powershell(program: string, script: string): ShellCommand {
  return {
    argv: [program, '-command', ". '{0}'"],
    extension: '.ps1',
    script: `${PWSH_START}${script}${PWSH_END}`,
  };
}

/** `perl {0}`: words, quoted where one has a blank in it. */
function custom(shell: string, script: string): ShellCommand {
  const words = [...shell.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
  if (!words.some((word) => word.includes('{0}')))
    throw new BitError(
      'usage',
      `shell: ${shell} is none GitHub knows and has no {0}, which stands for the script`,
    );
  return { argv: words, extension: '', script };
}
