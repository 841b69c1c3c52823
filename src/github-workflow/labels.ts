import { textOf } from '../expression/index.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';

/** The labels of `runs-on`, in any of its forms. */
export function labelsOf(runsOn: Json): readonly string[] {
  if (Array.isArray(runsOn)) return runsOn.map((label: Json) => textOf(label));
  if (isJsonObject(runsOn)) return labelsOf(runsOn['labels'] ?? '');
  return typeof runsOn === 'string' && runsOn !== '' ? [runsOn] : [];
}

const SYSTEMS: readonly (readonly [pattern: RegExp, platform: string, name: string])[] = [
  [/^windows(-|$)/i, 'win32', 'Windows'],
  [/^macos(-|$)/i, 'darwin', 'macOS'],
  [/^(ubuntu|linux)(-|$)/i, 'linux', 'Linux'],
];

/** The system a job asks for by its labels, where it isn't this one. */
export function foreignSystem(labels: readonly string[]): string | undefined {
  for (const label of labels)
    for (const [pattern, platform, name] of SYSTEMS)
      if (pattern.test(label)) return platform === process.platform ? undefined : name;
  return undefined;
}
