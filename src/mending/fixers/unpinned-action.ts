import { auditText, pinnedActions } from '../../github-workflow/index.ts';
import type { Bench, Change, Evidence, FailedStep, Finding, Fixer } from '../model.ts';
import { evidenceOf } from './evidence.ts';

/** A `uses` with a ref, as messages quote it. */
const USES =
  /(?<![\w./-])([A-Za-z0-9_.-]{1,100}\/[A-Za-z0-9_.-]{1,100}(?:\/[A-Za-z0-9_./-]{1,200})?)@([A-Za-z0-9_./-]{1,200})/;
const SAID = [
  /\bthe (?:action \S{1,400} is not in this repository|workflow \S{1,400} is not here)\b/,
  /\bunpinned-uses\b/,
  /\bis not named by a commit\b/,
  /\b(?:must|should|not|isn't) (?:be )?pinned\b/i,
  /\bunpinned\b.{0,40}\bactions?\b/i,
  /\bUnable to resolve action\b/,
  /\bunable to find version\b/,
];
const MISSING =
  /(?:\bthe action |\bthe workflow |\bUnable to resolve action `?)([\w.-]{1,100}\/[^\s`,]{1,400})/;
const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
const WORKFLOWS = ['.github/workflows/*.yml', '.github/workflows/*.yaml'];

interface Pin {
  readonly commit: string;
  /** Tag or branch it was taken by. */
  readonly ref: string;
  readonly from: string;
}

/** An action by a branch or tag that can move, or that nobody has here: the commit that is here instead. */
export const unpinnedAction: Fixer = {
  name: 'unpinned-action',
  title: 'an action is not named by a commit',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const lines = failure.log.split('\n', 6000);
    const at = lines.findIndex((line) => line.length < 2000 && SAID.some((one) => one.test(line)));
    if (at < 0) return [];
    const pins = await pinsOf(bench);
    const texts = new Map<string, string>();
    for (const path of await bench.list(WORKFLOWS))
      texts.set(path, (await bench.read(path))?.toString('utf8') ?? '');
    // one action is missing, or all of them are looked at
    const missing = MISSING.exec(lines[at] ?? '');
    const wanted = missing?.[1];
    const edits = new Map<string, string>();
    const evidence: Evidence[] = [evidenceOf(failure, at)];
    const without = new Set<string>();
    for (const [path, text] of texts) {
      const { text: put, found, left } = pinned(path, text, pins, wanted);
      for (const name of left) without.add(name);
      if (found.length === 0) continue;
      edits.set(path, put);
      evidence.push(...found);
    }
    const names = [...without];
    const changes: Change[] = [...edits].map(([path, text]) => ({ path, content: Buffer.from(text) }));
    const cause =
      wanted === undefined
        ? `actions are named by what can move: ${evidence.length - 1 + names.length} of them`
        : `${wanted} is not here`;
    return [
      {
        fixer: 'unpinned-action',
        cause,
        evidence,
        confidence: changes.length > 0 ? (names.length === 0 ? 0.9 : 0.4) : 0.8,
        changes: changes.length > 0 ? changes : null,
        advice:
          names.length > 0
            ? `bit workflow vendor ${names.slice(0, 5).join(' ')}`
            : 'bit workflow vendor --update takes what the refs stand for now',
      },
    ];
  },
};

/** Commits that are known here, by `owner/repo` in lower case: vendored ones first, then those other workflows name. */
async function pinsOf(bench: Bench): Promise<ReadonlyMap<string, readonly Pin[]>> {
  const found = new Map<string, Pin[]>();
  const add = (name: string, pin: Pin): void => {
    const known = found.get(name) ?? [];
    if (!known.some(({ commit, ref }) => commit === pin.commit && ref === pin.ref)) known.push(pin);
    found.set(name, known);
  };
  const lock = (await bench.read('.bithub/actions/actions.lock.json'))?.toString('utf8');
  for (const { action, ref, commit } of pinnedActions(lock))
    add(action, { commit, ref, from: '.bithub/actions/actions.lock.json' });
  for (const path of await bench.list(WORKFLOWS)) {
    const text = (await bench.read(path))?.toString('utf8') ?? '';
    for (const line of text.split('\n', 20_000)) {
      const [, name = '', ref = ''] = USES.exec(line.slice(0, 1000)) ?? [];
      const said = /#\s{0,10}([\w./-]{1,100})/.exec(line.slice(0, 1000))?.[1] ?? '';
      if (COMMIT.test(ref)) add(repository(name), { commit: ref, ref: said, from: path });
    }
  }
  return found;
}

function repository(name: string): string {
  return name.split('/').slice(0, 2).join('/').toLowerCase();
}

/** A workflow with commits in the places of refs that can move; of all of them, or of one action only. */
function pinned(
  path: string,
  text: string,
  pins: ReadonlyMap<string, readonly Pin[]>,
  wanted: string | undefined,
): { readonly text: string; readonly found: readonly Evidence[]; readonly left: readonly string[] } {
  const moving = new Set(
    auditText(path, text)
      .filter(({ rule }) => rule === 'unpinned-uses')
      .map(({ at }) => at.line),
  );
  const found: Evidence[] = [];
  const left: string[] = [];
  const lines = text.split('\n').map((line, index) => {
    const [, name = '', ref = ''] = USES.exec(line.slice(0, 1000)) ?? [];
    if (name === '' || !moving.has(index + 1) || (wanted !== undefined && `${name}@${ref}` !== wanted))
      return line;
    const pin = choose(pins.get(repository(name)) ?? [], ref);
    if (pin === undefined) {
      left.push(`${name}@${ref}`);
      return line;
    }
    found.push({ file: path, line: index + 1, text: `${name}@${ref} is ${pin.commit} in ${pin.from}` });
    const put = line.replace(`@${ref}`, () => `@${pin.commit}`);
    return put.includes('#') ? put : `${put} # ${pin.ref === '' ? ref : pin.ref}`;
  });
  return { text: lines.join('\n'), found, left };
}

/** The one taken by the same ref; else the only one there is. */
function choose(pins: readonly Pin[], ref: string): Pin | undefined {
  const commits = new Set(pins.map(({ commit }) => commit));
  return pins.find((pin) => pin.ref === ref) ?? (commits.size === 1 ? pins[0] : undefined);
}
