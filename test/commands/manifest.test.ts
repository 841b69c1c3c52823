/**
 * Every command of the manifest, whatever its author remembered: a query changes no byte of the repository or of the
 * local state; an action changes none under `--dry-run`, none where a policy denies it, and leaves exactly one intent
 * and one outcome. A new command is covered by existing: its first example is run on the ground of `ground.ts`.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, sep } from 'node:path';
import * as assert from 'uvu/assert';
import { Action, Query } from '../../src/cli/command.ts';
import { writeAccepted } from '../../src/guard/accepted.ts';
import { POLICY_STATE, VOUCHED } from '../../src/guard/index.ts';
import { ulid } from '../../src/kernel/ids.ts';
import { splitWords } from '../../src/kernel/text.ts';
import { openKeys } from '../../src/keys/index.ts';
import { type Entry, openLedger, openLedgerReader } from '../../src/ledger/index.ts';
import { changedPaths, digestsIn } from '../repository/digest.ts';
import { suite } from '../suite.ts';
import { type BitRun, commandTable, type World } from '../world.ts';
import { type Ground, prepareGround } from './ground.ts';
import { SITUATIONS } from './situations.ts';
import { targetFault } from './target-fault.ts';

interface ManifestCommand {
  readonly examples?: readonly string[];
  readonly action?: string;
  /** Takes all that follows its name as it is. */
  readonly passthrough?: boolean;
}

const manifest = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'oclif.manifest.json'), 'utf8'),
) as { readonly commands: Readonly<Record<string, ManifestCommand>> };
const table = commandTable();

/** While a command is written: `BIT_COMMANDS=flow:run,check`. */
const asked = process.env['BIT_COMMANDS']?.split(',');
const commands = Object.entries(manifest.commands).filter(([id]) => asked?.includes(id) ?? true);

const DENY = {
  path: 'deny.rego',
  text: 'package everything\n\ndeny contains "nothing at all" if { true }\n',
};

type Digests = ReadonlyMap<string, string>;

/** One command's words and place, after what it needs was prepared. */
interface Scene {
  readonly place: World;
  readonly at: string;
  readonly words: readonly string[];
  readonly input: string | undefined;
  /** Flags of `bit` itself stand before the command's name. */
  readonly flagsFirst: boolean;
}

suite<{ ground: Ground }>('every command of the manifest', (test) => {
  test.before(async (context) => {
    context.ground = await prepareGround();
  });
  test.after((context) => context.ground.close());

  for (const [id, command] of commands) {
    const inScene = (run: (scene: Scene) => Promise<void>) => async (context: { ground: Ground }) => {
      const place = context.ground.copy();
      try {
        await run(await sceneOf(id, command, place));
      } finally {
        await SITUATIONS[id]?.end?.(place);
        place.close();
      }
    };
    const class_ = command.action === undefined ? 'query' : 'action';
    if (class_ === 'action') {
      test(
        `bit ${id.replaceAll(':', ' ')} is an action that is gated, recorded and shown before`,
        inScene(async (scene) => {
          await isKind(id, Action);
          const announced = await dryRunChangesNothing(scene);
          await denialComesFirst(scene);
          await leavesOneIntentAndOutcome(scene, announced);
        }),
      );
    } else {
      test(
        `bit ${id.replaceAll(':', ' ')} is a query that changes no byte`,
        inScene(async (scene) => {
          await isKind(id, Query);
          await queryChangesNothing(scene);
        }),
      );
    }
  }
});

function isA(command: unknown, base: { readonly prototype: object }): boolean {
  return typeof command === 'function' && command.prototype instanceof (base as never);
}

async function isKind(
  id: string,
  base: { readonly prototype: object; readonly name: string },
): Promise<void> {
  assert.ok(isA(await table.load(id), base), `${id} extends ${base.name}`);
}

async function sceneOf(id: string, command: ManifestCommand, place: World): Promise<Scene> {
  const { examples = [], passthrough = false } = command;
  const { prepare, words, input, example = 0, at = 'repo' } = SITUATIONS[id] ?? {};
  await prepare?.(place);
  const scene = { place, at: join(place.root, at), input, flagsFirst: passthrough };
  if (words !== undefined) return { ...scene, words: await words(place) };
  const line = examples[example]?.replace(/^<%= config\.bin %> /, '');
  const given = line === undefined ? undefined : splitWords(line);
  if (given === undefined || line?.startsWith('<'))
    throw new Error(
      `${id} has no example ${example} that starts with "<%= config.bin %>": give it one in static examples`,
    );
  return { ...scene, words: given };
}

/** All a command could change: repositories, settings, keys, ledgers, caches. */
function everything({ place }: Scene): Digests {
  return digestsIn(place.root);
}

/** The same without the caches, which may be lost at any time: what a plan had to be fetched for, the last failure. */
function everythingKept({ place }: Scene): Digests {
  return digestsBut(place, cachesOf(place));
}

/** Ours, npm's where it was asked for something, and that of the Node it runs on. */
function cachesOf(place: World): string[] {
  return ['cache', 'home/.npm', 'node-compile-cache'].map((name) => join(place.root, name));
}

/** And without the ledgers, which a denial is written to. */
function everythingElse({ place }: Scene): Digests {
  return digestsBut(place, [...cachesOf(place), ...ledgersOf(place)]);
}

function digestsBut(place: World, excepted: readonly string[]): Digests {
  return digestsIn(place.root, (path) =>
    excepted.some((folder) => path === folder || path.startsWith(folder + sep)),
  );
}

function ledgersOf(place: World): string[] {
  return ['repo/.git', 'empty/.git', 'data'].map((name) => join(place.root, name, 'bit', 'ledger'));
}

/** What is in the ledgers now and was not in `before`; a copied clone's own beginning aside. */
function entriesSince({ place }: Scene, before: ReadonlySet<string> = new Set()): Entry[] {
  return ledgersOf(place)
    .flatMap((directory) => [...openLedgerReader({ directory }).entries()])
    .filter((entry) => !before.has(entry.entry_sha256));
}

function knownEntries(scene: Scene): Set<string> {
  return new Set(entriesSince(scene).map((entry) => entry.entry_sha256));
}

async function run(scene: Scene, ...flags: readonly string[]): Promise<BitRun> {
  const { place, at, words, input, flagsFirst } = scene;
  const line = flagsFirst ? [...flags, ...words] : [...words, ...flags];
  return input === undefined ? place.bitIn(at, ...line) : place.bitWith({ input }, ...line);
}

function expectWorks(scene: Scene, { code, stdout, stderr }: BitRun): void {
  assert.is(
    code,
    0,
    `bit ${scene.words.join(' ')} works on the ground of test/commands/ground.ts; where it can't, add what it needs ` +
      `to test/commands/situations.ts\n${stdout}${stderr}`,
  );
}

async function queryChangesNothing(scene: Scene): Promise<void> {
  const before = everything(scene);
  expectWorks(scene, await run(scene));
  assert.equal(changedPaths(before, everything(scene)), [], 'no byte changed');
}

/** What `--dry-run` says would be done. */
interface Announced {
  readonly dry_run: boolean;
  readonly action: string;
  readonly event: string;
  readonly plan: readonly string[];
}

async function dryRunChangesNothing(scene: Scene): Promise<Announced> {
  const before = everythingKept(scene);
  const shown = await run(scene, '--dry-run', '--json');
  expectWorks(scene, shown);
  const announced = JSON.parse(shown.stdout) as Announced;
  assert.is(announced.dry_run, true);
  assert.ok(announced.plan.length > 0, 'the plan has steps');
  assert.equal(changedPaths(before, everythingKept(scene)), [], 'no byte changed under --dry-run');
  return announced;
}

async function denialComesFirst(scene: Scene): Promise<void> {
  const { place, at } = scene;
  const state = join(at, '.git', 'bit');
  const accepted = join(state, 'policy', 'accepted.json');
  const own = join(place.root, 'config', 'bit', 'policies', DENY.path);
  const kept = existsSync(accepted) ? readFileSync(accepted, 'utf8') : undefined;
  const put = existsSync(state) ? writeAccepted(state, { sources: [DENY], signers: undefined }) : undefined;
  const recorded = await recordInForce(scene, state, put?.digest);
  place.write(own, DENY.text);
  const before = everythingElse(scene);
  const known = knownEntries(scene);
  const denied = await run(scene, '--yes', '--json');
  assert.is(denied.code, 3, `denied: ${denied.stdout}${denied.stderr}`);
  assert.match(denied.stdout, 'nothing at all');
  assert.equal(changedPaths(before, everythingElse(scene)), [], 'no byte changed but in the ledger');
  assert.equal(
    entriesSince(scene, known)
      .filter(isNoFork)
      .map((entry) => entry.phase),
    ['denied'],
  );
  rmSync(own);
  if (kept !== undefined) place.write(accepted, kept);
  await recordInForce(scene, state, recorded);
}

/** Has the ledger hold, where there is one, that this set is in force, and vouch for it; returns what it held. */
async function recordInForce(
  { place }: Scene,
  state: string,
  digest: string | undefined,
): Promise<string | undefined> {
  const directory = join(state, 'ledger');
  if (!existsSync(join(directory, 'ledger.db'))) return undefined;
  const keys = openKeys({
    directory: join(place.root, 'data', 'bit', 'keys'),
    env: place.env,
    notice: () => undefined,
  });
  const ledger = openLedger({ directory, signer: () => keys.signer(), clock: () => new Date() });
  const before = ledger.readState(POLICY_STATE);
  if (digest !== undefined) {
    const draft = { event: 'POLICY_ACCEPT', op: ulid(Date.now()), parent: null, as: null } as const;
    await ledger.append([{ ...draft, phase: 'note', payload: { [VOUCHED]: digest } }], undefined, {
      state: { [POLICY_STATE]: digest },
    });
  }
  ledger.close();
  return before;
}

/** A copy of the ground goes on as a chain of its own, and says so first. */
function isNoFork(entry: Entry): boolean {
  return entry.event !== 'CHAIN_FORKED';
}

async function leavesOneIntentAndOutcome(scene: Scene, announced: Announced): Promise<void> {
  const known = knownEntries(scene);
  const done = await run(scene, '--yes', '--json');
  expectWorks(scene, done);
  const { operation } = JSON.parse(lastLine(done.stdout)) as { operation: { id: string; entry: string } };
  const written = entriesSince(scene, known).filter((entry) => entry.phase !== 'note');
  const own = written.filter((entry) => entry.op === operation.id);
  assert.equal(
    own.map(({ phase, parent }) => `${phase} ${parent}`),
    ['intent null', 'outcome null'],
  );
  const [intent, outcome] = own;
  assert.is(intent?.payload?.['action'], announced.action, 'what was announced is what is recorded');
  assert.is(intent?.event, announced.event);
  assert.is(outcome?.event, announced.event);
  assert.is(outcome?.entry_sha256, operation.entry);
  assert.is(outcome?.payload?.['ok'], true);
  for (const { phase, payload } of written.filter((entry) => entry.phase === 'intent'))
    assert.is(targetFault(payload), undefined, `${phase} of what policies were told`);
  // what it ran inside itself names it, and comes in pairs too
  const inner = new Map<string, string[]>();
  for (const { op, phase, parent } of written.filter((entry) => entry.op !== operation.id)) {
    assert.ok(parent === operation.id || inner.has(parent ?? ''), `${op} names what it ran inside of`);
    inner.set(op, [...(inner.get(op) ?? []), phase]);
  }
  for (const phases of inner.values()) assert.equal(phases, ['intent', 'outcome']);
}

/** What runs tells its events before its answer, a line each. */
function lastLine(stdout: string): string {
  return stdout.trimEnd().split('\n').at(-1) ?? '';
}
