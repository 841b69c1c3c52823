import { join } from 'node:path';
import { readBoundedFile } from '../kernel/bounded-file.ts';
import { isBitError } from '../kernel/errors.ts';
import { compileGlob } from '../kernel/glob.ts';

export interface OwnerRule {
  readonly pattern: string;
  readonly owners: readonly string[];
}

const PLACES = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS', '.gitlab/CODEOWNERS'];
const MOST_BYTES = 256 * 1024;
const MOST_RULES = 500;
const MOST_OWNERS = 20;

/** The rules of CODEOWNERS, in order; the first of the places GitHub looks at. */
export function readOwners(root: string): readonly OwnerRule[] {
  for (const place of PLACES) {
    let text: string;
    try {
      text = readBoundedFile(join(root, place), MOST_BYTES).toString('utf8');
    } catch (error) {
      if (isBitError(error) || (error as NodeJS.ErrnoException).code !== undefined) continue;
      throw error;
    }
    return text
      .split('\n')
      .flatMap((line): OwnerRule[] => {
        const [pattern = '', ...owners] = line
          .replace(/(?:^|\s)#.*$/, '')
          .trim()
          .split(/\s+/);
        const named = owners.filter((one) => /^(?:@[\w./-]+|[^\s@]+@[^\s@]+)$/.test(one));
        return pattern === '' || pattern.startsWith('[') || pattern.length > 500
          ? []
          : [{ pattern, owners: named.slice(0, MOST_OWNERS) }];
      })
      .slice(0, MOST_RULES);
  }
  return [];
}

/** Whose a path is: the last rule that fits decides, as on GitHub. */
export function ownersOf(rules: readonly OwnerRule[]): (path: string) => readonly string[] {
  const compiled = rules.flatMap(({ pattern, owners }) => {
    const anchored = pattern.replace(/\/+$/, '').includes('/');
    const glob = pattern.replace(/^\/+/, '').replace(/\/+$/, '');
    try {
      // `docs/*` is what lies in it and no deeper
      const matches = compileGlob(anchored ? glob : `**/${glob}`, { below: !glob.endsWith('/*') });
      return [{ owners, matches }];
    } catch (error) {
      if (isBitError(error)) return [];
      throw error;
    }
  });
  return (path) => compiled.findLast(({ matches }) => matches(path))?.owners ?? [];
}
