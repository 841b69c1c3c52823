import type { Verdict } from '../conformance.ts';

/**
 * Judges each item of a list of cases; what is no case, or breaks the judge, is one that failed, called by its number.
 *
 * @throws Error where the text is no list
 */
export function* judgeEach<Case>(
  text: string,
  file: string,
  fields: Readonly<Record<string, string>>,
  judge: (item: Case) => Verdict,
): Iterable<Verdict> {
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list)) throw new Error('it is no list of cases');
  for (const [at, item] of (list as unknown[]).entries()) {
    const name = `${file}, case ${at + 1}`;
    const misfit = misfitOf(item, fields);
    if (misfit !== undefined) {
      yield { name, passed: false, why: misfit };
      continue;
    }
    try {
      yield judge(item as Case);
    } catch (error) {
      yield { name, passed: false, why: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** `fields` says of which type each must be; one that ends with `?` may be missing or null. */
function misfitOf(item: unknown, fields: Readonly<Record<string, string>>): string | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return 'it is no object';
  for (const [name, wanted] of Object.entries(fields)) {
    const value: unknown = Reflect.get(item, name);
    if (wanted.endsWith('?') && (value === undefined || value === null)) continue;
    const texts = Array.isArray(value) && value.every((text) => typeof text === 'string');
    const found = texts ? 'texts' : typeof value;
    if (found !== wanted.replace('?', '')) return `its ${name} is not ${wanted.replace('?', '')}`;
  }
  return undefined;
}
