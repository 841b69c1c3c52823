/** Row "start": a query, `--version`, an action and a plugin's command against a bare `node -e 0`. */
import { installPlugins } from './plugin.ts';
import type { Row } from './row.ts';
import { alternate, bit, nodeVersion, place, type Side } from './sides.ts';

const PEER = `node -e 0, ${nodeVersion}`;

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
    const [bare, ...figures] = alternate([{ words: [process.execPath, '-e', '0'] }, ...sides], world);
    return sides.flatMap(({ name, goal }, at) => {
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
  } finally {
    world.remove();
  }
}
