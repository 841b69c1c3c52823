/** Workflow commands, the `::name key=value::message` lines a step prints. */
export interface WorkflowCommand {
  /** In lower case. */
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

/** Undefined for a line that is none. */
export function parseWorkflowCommand(line: string): WorkflowCommand | undefined {
  const text = line.trimStart();
  if (!text.startsWith('::')) return undefined;
  const end = text.indexOf('::', 2);
  if (end < 0) return undefined;
  const head = text.slice(2, end);
  const space = head.indexOf(' ');
  const name = (space < 0 ? head : head.slice(0, space)).toLowerCase();
  if (!/^[a-z][a-z0-9_-]*$/.test(name)) return undefined;
  const properties: Record<string, string> = {};
  for (const pair of space < 0 ? [] : head.slice(space + 1).split(',')) {
    const sign = pair.indexOf('=');
    const key = pair.slice(0, Math.max(0, sign)).trim();
    if (key !== '' && key !== '__proto__') properties[key] = unescapeProperty(pair.slice(sign + 1).trim());
  }
  return { name, properties, message: unescapeMessage(text.slice(end + 2)) };
}

function unescapeMessage(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

function unescapeProperty(text: string): string {
  return unescapeMessage(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
}

/** What a line of output asks of the job. */
export type Effect =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'mask'; readonly value: string }
  | { readonly kind: 'output'; readonly name: string; readonly value: string }
  | { readonly kind: 'state'; readonly name: string; readonly value: string }
  | { readonly kind: 'group'; readonly title: string }
  | { readonly kind: 'endgroup' }
  | {
      readonly kind: 'annotation';
      readonly level: 'notice' | 'warning' | 'error';
      readonly message: string;
      readonly properties: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'debug'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'nothing' };

const NO_STOP_TOKENS = new Set(['', 'pause-logging']);
const KNOWN = new Set([
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'stop-commands',
  'warning',
]);

/** Reads the lines a step prints, in order: between `stop-commands` and its token nothing is a command. */
export class CommandReader {
  #stopped: string | undefined;

  read(line: string): Effect {
    const command = parseWorkflowCommand(line);
    if (this.#stopped !== undefined) {
      if (command?.name !== this.#stopped.toLowerCase()) return { kind: 'text', text: line };
      this.#stopped = undefined;
      return { kind: 'nothing' };
    }
    if (command === undefined || !KNOWN.has(command.name)) return { kind: 'text', text: line };
    return this.#obey(command);
  }

  #obey({ name, properties, message }: WorkflowCommand): Effect {
    switch (name) {
      case 'stop-commands': {
        const token = message.trim();
        if (NO_STOP_TOKENS.has(token.toLowerCase()) || KNOWN.has(token.toLowerCase()))
          return {
            kind: 'refused',
            message: `stop-commands: ${token === '' ? 'a token is missing' : `${token} can't be the token`}`,
          };
        this.#stopped = token;
        return { kind: 'nothing' };
      }
      case 'add-mask':
        return message.trim() === '' ? { kind: 'nothing' } : { kind: 'mask', value: message };
      case 'set-output':
      case 'save-state': {
        const named = properties['name'] ?? '';
        if (named === '') return { kind: 'refused', message: `${name}: a name is missing` };
        return { kind: name === 'set-output' ? 'output' : 'state', name: named, value: message };
      }
      case 'set-env':
      case 'add-path':
        return {
          kind: 'refused',
          message: `${name} is disabled, as on GitHub: write to ${name === 'set-env' ? '$GITHUB_ENV' : '$GITHUB_PATH'}`,
        };
      case 'group':
        return { kind: 'group', title: message };
      case 'endgroup':
        return { kind: 'endgroup' };
      case 'debug':
        return { kind: 'debug', message };
      case 'notice':
      case 'warning':
      case 'error':
        return { kind: 'annotation', level: name, message, properties };
      default:
        return { kind: 'nothing' };
    }
  }
}
