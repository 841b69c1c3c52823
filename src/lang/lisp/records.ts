import { Assign, Constant } from './code.ts';
import { fail, Instance, members, NIL, Pair, RecordType, UNSPECIFIED, type Value } from './data.ts';
import { type Form, parts } from './form.ts';
import { plain } from './names.ts';
import { Primitive } from './procedures.ts';
import { baseName, type Identifier, isIdentifier } from './scope.ts';
import { scopePut } from './several.ts';

export const defineRecordType: Form = (compiler, given, scope) => {
  const [typeName = NIL, maker = NIL, predicate = NIL, ...fieldForms] = parts(given, 2);
  const named = typeName instanceof Pair ? typeName.car : typeName;
  if (!isIdentifier(named)) return fail('define-record-type: a name', plain(given));
  const fields = fieldForms.map((field) => {
    const [name, accessor, modifier] = isIdentifier(field) ? [field] : (members(field) ?? []);
    if (!isIdentifier(name)) return fail('define-record-type: a field has a name', plain(field));
    return { name: baseName(name).text, accessor, modifier };
  });
  const title = baseName(named).text.replace(/^<(.*)>$/, '$1');
  const type = new RecordType(
    title,
    fields.map(({ name }) => name),
  );
  const made: [Identifier, Value][] = [[named, type]];
  const define = (name: Value | undefined, value: Primitive): void => {
    if (isIdentifier(name)) made.push([name, value]);
  };
  const taken =
    maker instanceof Pair
      ? (members(maker.cdr) ?? []).map((one) => (isIdentifier(one) ? baseName(one).text : ''))
      : fields.map(({ name }) => name);
  const slots = taken.map((name) => {
    const index = fields.findIndex((field) => field.name === name);
    return index === -1 ? fail(`define-record-type: ${title} has no field ${name}`) : index;
  });
  const make = maker instanceof Pair ? maker.car : maker;
  if (isIdentifier(make)) {
    define(
      make,
      new Primitive(baseName(make).text, [slots.length, slots.length], (args) => {
        const values: Value[] = fields.map(() => UNSPECIFIED);
        for (const [at, slot] of slots.entries()) values[slot] = args[at] ?? UNSPECIFIED;
        return new Instance(type, values);
      }),
    );
  }
  define(
    predicate,
    new Primitive(`${title}?`, [1, 1], ([value]) => value instanceof Instance && value.type === type),
  );
  const own = (value: Value | undefined, who: string): Instance =>
    value instanceof Instance && value.type === type
      ? value
      : fail(`${who}: not a ${title}`, ...(value === undefined ? [] : [value]));
  for (const [index, { name, accessor, modifier }] of fields.entries()) {
    define(
      accessor,
      new Primitive(
        `${title}-${name}`,
        [1, 1],
        ([value]) => own(value, `${title}-${name}`).values[index] ?? UNSPECIFIED,
      ),
    );
    define(
      modifier,
      new Primitive(`set-${title}-${name}!`, [2, 2], ([value, next = UNSPECIFIED]) => {
        own(value, `set-${title}-${name}!`).values[index] = next;
        return UNSPECIFIED;
      }),
    );
  }
  const puts = made.map(([name, value]) => ({ put: scopePut(compiler, name, scope), value }));
  return new Assign(new Constant(UNSPECIFIED), (_, environment) => {
    for (const { put, value } of puts) put(value, environment);
  });
};
