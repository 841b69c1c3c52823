/** Row "start": a query, `--version`, an action and a plugin's command against a bare `node -e 0`. */

import { installPlugins } from './plugin.ts';
import type { Row } from './row.ts';
import { alternate, bit, FLOOR, floor, nodeVersion, place, type Side } from './sides.ts';

const PEER = `node -e 0, ${nodeVersion}`;

/** Which of the sides is an action. */
const ACTION = 2;

export function run(): Row[] {
  const world = place();
  try {
    const sides: (Side & { readonly name: string; readonly goal: string })[] = [
      { name: 'start, a query: branch list', words: [...bit, 'branch', 'list'], goal: '≤ 1.4' },
      { name: 'start, --version', words: [...bit, '--version'], goal: '≤ 1.4' },
      { name: 'start, an action: tag new', words: [...bit, 'tag', 'new', 't@', '-m', 'x'], goal: '≤ 1.8' },
      { name: "start, a trusted plugin's query", words: [...bit, 'trusted', 'here'], goal: '≤ 3' },
      { name: "start, a sandboxed plugin's query", words: [...bit, 'sandboxed', 'here'], goal: '≤ 3' },
    ];
    installPlugins(world);
    const all = [
      { words: [process.execPath, '-e', '0'] },
      { words: floor(world, 'tag', 'f@', '-m', 'x') },
      ...sides,
    ];
    const [bare, least, ...figures] = alternate(all, world);
    const action = figures[ACTION];
    const beside: Row[] = [];
    if (bare !== undefined && least !== undefined && action !== undefined)
      beside.push(
        {
          name: 'the floor of an action',
          ratio: least.wall / bare.wall,
          value: least.wall,
          unit: 'ms',
          goal: 'told beside',
          peer: PEER,
        },
        {
          name: 'start, an action, against its floor',
          ratio: action.wall / least.wall,
          value: action.wall,
          unit: 'ms',
          goal: '≤ 1.5',
          peer: FLOOR,
        },
      );
    const rows = sides.flatMap(({ name, goal }, at) => {
      const figure = figures[at];
      if (figure === undefined || bare === undefined) return [];
      return [
        { name, ratio: figure.wall / bare.wall, value: figure.wall, unit: 'ms', goal, peer: PEER },
        {
          name: `${name} (processor time)`,
          ratio: figure.cpu / bare.cpu,
          value: figure.cpu,
          unit: 'ms',
          goal: 'told beside',
          peer: PEER,
        },
      ];
    });
    return [...rows, ...beside];
  } finally {
    world.remove();
  }
}
