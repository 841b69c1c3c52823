import { pathToFileURL } from 'node:url';
import { POINTS, type Point } from '../plugins/index.ts';

/** What a module brings at a point: its export of that name. @throws BitError `usage` for one that is none */
export async function loadItems(
  point: Point,
  file: string,
  plugin: string,
): Promise<readonly { readonly name: string }[]> {
  const module = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  // what a CommonJS file exports arrives one level down
  const whole = module['default'] as Readonly<Record<string, unknown>> | undefined;
  return POINTS[point].check(module[point] ?? whole?.[point], plugin);
}
