/** Ports on strings, and conditions. */
import {
  Character,
  CONDITION,
  condition,
  EOF,
  fail,
  InputText,
  Instance,
  list,
  Name,
  NIL,
  OutputText,
  Raised,
  Text,
  type Value,
} from '../data.ts';
import { Exited } from '../endings.ts';
import { dataOf } from '../from-tree.ts';
import type { Machine } from '../machine.ts';
import { describe, print } from '../print.ts';
import { Control } from '../procedures.ts';
import { readLisp } from '../reader.ts';
import { character, index, MOST_ITEMS, primitive, range, text, wrong } from './check.ts';

function port(value: Value | undefined, machine: Machine, who: string): OutputText {
  if (value === undefined) return machine.output;
  return value instanceof OutputText ? value : wrong(who, 'an output port', value);
}

function put(to: OutputText, given: string, machine: Machine): void {
  machine.charge(given.length >> 4);
  if (!to.open) fail('the port is closed');
  to.size += given.length;
  if (to.sink !== undefined) to.sink(given);
  else if (to.size > MOST_ITEMS) fail('a string port holds too much');
  else to.parts.push(given);
}

function writer(title: string, machineReadable: boolean) {
  return primitive(title, 1, 2, ([value = NIL, to], machine) => {
    put(port(to, machine, title), print(value, machineReadable), machine);
    return undefined;
  });
}

function input(value: Value | undefined, who: string): InputText {
  const found = value instanceof InputText ? value : wrong(who, 'an input port', value);
  return found.open ? found : fail(`${who}: the port is closed`);
}

/** The next datum of a port; what can't be read is an error the program can catch. */
function datum(from: InputText): Value {
  const text = from.text.slice(from.at);
  const { tree, diagnostics } = readLisp(text, 'scheme', { first: true });
  const [problem] = diagnostics.list;
  if (diagnostics.errors > 0) throw new Raised(condition(problem?.message ?? 'unreadable', [], 'read'));
  from.at += tree.length === 0 ? text.length : tree.end(0);
  return dataOf(text, tree)[0] ?? EOF;
}

function close(title: string) {
  return primitive(title, 1, 1, ([value]) => {
    if (!(value instanceof InputText || value instanceof OutputText)) return wrong(title, 'a port', value);
    value.open = false;
    return undefined;
  });
}

function isOpen(title: string) {
  return primitive(title, 1, 1, ([value]) =>
    value instanceof InputText || value instanceof OutputText ? value.open : wrong(title, 'a port', value),
  );
}

function reading(title: string, take: (from: InputText) => Value) {
  return primitive(title, 1, 1, ([value]) => {
    const from = input(value, title);
    return from.at >= from.text.length ? EOF : take(from);
  });
}

function part(title: string, of: (values: readonly Value[]) => Value) {
  return primitive(title, 1, 1, ([value]) =>
    value instanceof Instance && value.type === CONDITION
      ? of(value.values)
      : wrong(title, 'an error object', value),
  );
}

export const WORLD = [
  writer('write', true),
  writer('write-simple', true),
  writer('write-shared', true),
  writer('display', false),
  primitive('newline', 0, 1, ([to], machine) => {
    put(port(to, machine, 'newline'), '\n', machine);
    return undefined;
  }),
  primitive('write-string', 1, 4, (args, machine) => {
    const all = [...text(args[0], 'write-string').value];
    const [start, end] = range(args, 2, all.length, 'write-string');
    put(port(args[1], machine, 'write-string'), all.slice(start, end).join(''), machine);
    return undefined;
  }),
  primitive('flush-output-port', 0, 1, () => undefined),
  primitive('write-char', 1, 2, ([value, to], machine) => {
    put(port(to, machine, 'write-char'), String.fromCodePoint(character(value, 'write-char').code), machine);
    return undefined;
  }),
  primitive('current-output-port', 0, 0, (_, machine) => machine.output),
  primitive('open-output-string', 0, 0, () => new OutputText()),
  primitive('get-output-string', 1, 1, ([value]) =>
    value instanceof OutputText
      ? new Text(value.parts.join(''))
      : wrong('get-output-string', 'a string port', value),
  ),
  primitive('open-input-string', 1, 1, ([value]) => new InputText(text(value, 'open-input-string').value)),
  reading('read-char', (from) => {
    const code = from.text.codePointAt(from.at) ?? 0;
    from.at += code > 0xffff ? 2 : 1;
    return new Character(code);
  }),
  reading('peek-char', (from) => new Character(from.text.codePointAt(from.at) ?? 0)),
  reading('read-line', (from) => {
    const end = from.text.indexOf('\n', from.at);
    const line = from.text.slice(from.at, end === -1 ? undefined : end);
    from.at = end === -1 ? from.text.length : end + 1;
    return new Text(line);
  }),
  primitive('read-string', 2, 2, ([count, value]) => {
    const from = input(value, 'read-string');
    const taken = [...from.text.slice(from.at)].slice(0, index(count, MOST_ITEMS, 'read-string')).join('');
    if (taken === '' && from.at >= from.text.length && count !== 0n) return EOF;
    from.at += taken.length;
    return new Text(taken);
  }),
  reading('read', datum),
  ...['close-port', 'close-input-port', 'close-output-port'].map(close),
  ...['input-port-open?', 'output-port-open?'].map(isOpen),
  primitive('textual-port?', 1, 1, ([value]) => value instanceof InputText || value instanceof OutputText),
  primitive('binary-port?', 1, 1, () => false),
  primitive('char-ready?', 1, 1, ([value]) => input(value, 'char-ready?').open),
  primitive('eof-object', 0, 0, () => EOF),
  primitive('eof-object?', 1, 1, ([value]) => value === EOF),
  primitive('input-port?', 1, 1, ([value]) => value instanceof InputText),
  primitive('output-port?', 1, 1, ([value]) => value instanceof OutputText),
  primitive('port?', 1, 1, ([value]) => value instanceof InputText || value instanceof OutputText),
  primitive('error-object?', 1, 1, ([value]) => value instanceof Instance && value.type === CONDITION),
  part('error-object-message', ([message = NIL]) => message),
  part('condition/report-string', (values) => new Text(describe(new Instance(CONDITION, [...values])))),
  part('error-object-irritants', ([, irritants = NIL]) => irritants),
  primitive('read-error?', 1, 1, ([value]) => kindIs(value, 'read')),
  primitive('file-error?', 1, 1, ([value]) => kindIs(value, 'file')),
  new Control('exit', [0, 1], ([value]) => {
    throw new Exited(
      value === undefined || value === true ? 0 : typeof value === 'bigint' ? Number(value & 255n) : 1,
    );
  }),
  primitive('features', 0, 0, () =>
    list(['r7rs', 'exact-closed', 'ratios', 'full-unicode', 'bit'].map((one) => Name.of(one))),
  ),
];

function kindIs(value: Value | undefined, kind: string): boolean {
  if (!(value instanceof Instance) || value.type !== CONDITION) return false;
  const [, , found] = value.values;
  return found instanceof Name && found.text === kind;
}
