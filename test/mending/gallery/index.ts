import { FIXERS } from '../../../src/mending/index.ts';
import { type Exhibit, isGood, isThere, type Shown, show } from './exhibit.ts';
import { HOPELESS } from './hopeless.ts';
import { MACHINE } from './machine.ts';
import { REPORTED } from './reported.ts';
import { STEPS } from './steps.ts';
import { TOOLBOX } from './toolbox.ts';
import { TOOLS } from './tools.ts';
import { WORKFLOWS } from './workflows.ts';

export { type Exhibit, isGood, type Shown, show } from './exhibit.ts';

/** Every room of the gallery, by name. */
export const ROOMS: Readonly<Record<string, readonly Exhibit[]>> = {
  steps: STEPS.filter(({ fixer }) => FIXERS.some(({ name }) => name === fixer)),
  workflows: WORKFLOWS,
  tools: TOOLS,
  machine: MACHINE,
  hopeless: HOPELESS,
  reported: REPORTED,
  toolbox: TOOLBOX,
};

export interface Figures {
  readonly shown: readonly Shown[];
  /** Exhibits whose tools this machine lacks. */
  readonly without: readonly Exhibit[];
}

/** Shows exhibits one after another; `each` hears of every one. */
export async function showAll(
  exhibits: readonly Exhibit[],
  each: (shown: Shown) => void = () => undefined,
): Promise<Figures> {
  const shown: Shown[] = [];
  const without: Exhibit[] = [];
  for (const exhibit of exhibits) {
    if ((exhibit.needs ?? []).some((program) => !isThere(program))) {
      if (process.env['CI'] === 'true')
        throw new Error(`${exhibit.title} needs ${exhibit.needs?.join(', ')}`);
      without.push(exhibit);
      continue;
    }
    const one = await show(exhibit);
    shown.push(one);
    each(one);
  }
  return { shown, without };
}

/** The two shares that are promised, of what has a fixer: its cause found, and of what can be fixed what was. */
export function shares(shown: readonly Shown[]): {
  readonly broken: number;
  readonly found: number;
  readonly fixable: number;
  readonly fixed: number;
} {
  const broken = shown.filter(({ exhibit }) => exhibit.fixer !== '');
  const fixable = broken.filter(({ exhibit }) => exhibit.end === 'fixed');
  return {
    broken: broken.length,
    found: broken.filter(({ found }) => found).length,
    fixable: fixable.length,
    fixed: fixable.filter(({ fixed }) => fixed).length,
  };
}

/** What makes a gallery bad, as lines. */
export function complaints(shown: readonly Shown[]): readonly string[] {
  return shown
    .filter((one) => !isGood(one))
    .map(({ exhibit, told, found, fixed, broke, untouched, proposed }) =>
      [
        `${exhibit.fixer === '' ? 'no fixer' : exhibit.fixer}: ${exhibit.title}`,
        JSON.stringify({ found, fixed, broke, untouched, proposed }),
        told,
      ].join('\n'),
    );
}
