import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freezesHere } from '../freeze/index.ts';
import { discoverRepository, type GitInvocation, type GitWriter, openBestGit } from '../git/index.ts';
import {
  type AcceptedSet,
  adoptPolicy,
  checkedSets,
  configDiffers,
  configInForce,
  policyInForce,
  readsAreGated,
  withDecisionLog,
} from '../guard/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import { maskRemembered } from '../kernel/secrets.ts';
import { type KeyRing, openKeys, readingOnly } from '../keys/index.ts';
import { appendMirror, type Ledger, openLedger, openLedgerReader, openMarkers } from '../ledger/index.ts';
import {
  type ActionRequest,
  deniedError,
  type Effect,
  type OperationWorld,
  type OutcomeEvent,
  type Performed,
  perform,
  type Reader,
  refuseRead,
} from '../operation/index.ts';
import { httpAllowance, type PolicyOptions, type PolicySet } from '../policy/index.ts';
import { keepSettings, type ReadSettings, readSettings } from '../settings/index.ts';
import { openActor } from './actor.ts';
import type { Globals } from './command.ts';
import { userDirectories } from './directories.ts';
import { host } from './host.ts';
import { readInput } from './input.ts';
import type { Io } from './io.ts';
import { once } from './once.ts';
import { policyBuiltins } from './policy-builtins.ts';
import { openPolicyState } from './policy-state.ts';
import { openProgress, runTasks } from './progress.ts';
import { openAsk } from './prompts.ts';
import { runBit } from './run-bit.ts';
import { openRunView } from './run-view.ts';
import { homeOfRefs, outsideRepository, refuseLinks } from './state-place.ts';

export interface ContextOptions {
  readonly io: Io;
  readonly globals: Globals;
  readonly signal: AbortSignal;
  readonly parent: string | undefined;
  /** Where no `parent` holds the lock: the long operation this process runs inside of (`BIT_RUN_OPERATION`). */
  readonly run?: string | undefined;
  /** Digest of this program, by which it finds again what it worked out before. */
  readonly build?: string | undefined;
}

/** The world of one command, built lazily. The only place where adapters are constructed. */
export interface Context {
  readonly reader: Reader;
  readonly world: OperationWorld;
  readonly globals: Globals;
  /** stdout is a terminal. */
  readonly terminal: boolean;
  /**
   * Asks the policy whether a query may run; free where no policy speaks on queries. `action`: whose command only asks
   * this time; a bot that may do it may.
   */
  gateRead(command: string, args: JsonObject, action?: string): Promise<void>;
  /**
   * Before anything is read: a bot's command names nothing outside of its repository.
   *
   * @throws BitError `denied`, recorded
   */
  keepInside(command: string, words: readonly string[], args: JsonObject): Promise<void>;
  /** Takes an effect through gate and ledger, as the command line asked: `--dry-run`, `--yes`. */
  perform<Out extends object>(request: ActionRequest, effect: Effect<Out>): Promise<Performed<Out>>;
  /** Opens what gate and ledger read, while git is at work; what fails is told of where it is needed. */
  prepare(): void;
  /** The operations of this command that ended so far. */
  readonly outcomes: readonly OutcomeEvent[];
  close(): void;
}

export async function openContext(options: ContextOptions): Promise<Context> {
  const { io, globals } = options;
  const cwd = resolve(io.cwd, globals.directory ?? '.');
  const shown = (io.env['BITHUB_TOKEN'] ?? '') !== '';
  const bounds = shown && (await import('./bot-bounds.ts')).botBounds(io, globals.directory, cwd);
  if (globals.directory !== undefined && !existsSync(cwd)) {
    throw new BitError('not-found', `there is no folder ${cwd}`, { hint: 'it is where -C leads' });
  }
  const aside = globals.json === true || globals.jq !== undefined;
  const directories = userDirectories(io.env);
  const repository = discoverRepository(cwd, io.env);
  const stateDirectory = repository === undefined ? directories.data : join(homeOfRefs(repository), 'bit');
  const ledgerDirectory = join(stateDirectory, 'ledger');
  if (repository !== undefined) refuseLinks([stateDirectory, ledgerDirectory]);
  const notice = (line: string): void => {
    if (globals.quiet !== true) io.stderr.write(`${maskRemembered(line)}\n`);
  };
  const ask = openAsk(io, globals);
  const onInvocation = (invocation: GitInvocation): void => {
    if (globals['show-git'] === true) io.stderr.write(`+ ${invocation.argv.join(' ')}\n`);
  };

  const open = async (extra: Io['env']): Promise<GitWriter | undefined> =>
    repository && openBestGit({ paths: repository, env: { ...io.env, ...extra }, onInvocation });
  const [opened, builtins] = await Promise.all([open({}), policyBuiltins(directories)]);
  const git = (): GitWriter => {
    if (opened === undefined) throw outsideRepository(cwd);
    return opened;
  };
  const keys = once(
    (): KeyRing =>
      openKeys({
        directory: join(directories.data, 'keys'),
        env: io.env,
        notice,
        ...(ask.possible ? { ask: (question: string) => ask.text(question, { secret: true }) } : {}),
      }),
  );
  const ledger = once(
    (): Ledger => openLedger({ directory: ledgerDirectory, signer: () => keys().signer(), clock: io.now }),
  );
  /** An action reads by the connection it will append with. */
  let acting = false;
  const ledgerReader = once(() =>
    acting ? ledger().reading : openLedgerReader({ directory: ledgerDirectory }),
  );
  const settings = once((): ReadSettings => readSettings({ root: repository?.root, stateDirectory }));
  const place = { repository, stateDirectory, configDirectory: directories.config };
  // all that a decision depends on, of one reading
  const policyState = openPolicyState({
    place,
    ledger: ledgerReader,
    keys,
    onChange: () => policy.forget(),
  });
  const { inForce } = policyState;
  const config = (): JsonObject => configInForce(inForce());
  const { build } = options;
  const judging: PolicyOptions = {
    http: () => httpAllowance(config()['http']),
    builtins,
    ...(build === undefined ? {} : { checked: checkedSets(directories.cache, build) }),
  };
  const policy = once(
    (): PolicySet =>
      withDecisionLog(policyInForce(inForce(), judging), {
        file: join(stateDirectory, 'decisions.log'),
        on: () => config()['decision_log'] === true,
        notice,
      }),
  );

  const { extensions } = host();
  const reader: Reader = {
    cwd,
    env: io.env,
    now: io.now,
    self: io.self,
    ask,
    input: (most) => readInput(io, options.signal, most),
    notice,
    progress: (title) => openProgress(io, globals, title),
    tasks: (titles, work) => runTasks(io, globals, titles, work),
    showRun: () => openRunView(io, globals, repository?.root),
    streams: {
      get input() {
        return io.stdin;
      },
      get output() {
        return io.stdout;
      },
      ofProcess: io.ofProcess === true,
      free: globals.json !== true && globals.jq === undefined,
    },
    get signal() {
      return options.signal;
    },
    repository,
    stateDirectory,
    userDirectory: directories.data,
    configDirectory: directories.config,
    cacheDirectory: directories.cache,
    get git() {
      return git();
    },
    get ledger() {
      return ledgerReader();
    },
    keys: readingOnly(keys),
    get policy() {
      return policy();
    },
    approvals: async (liftable) => {
      const { findApprovals } = await import('../approval/index.ts');
      return findApprovals(reader, liftable);
    },
    freezes: async (asked = {}) =>
      repository === undefined
        ? []
        : freezesHere(reader, { ...asked, actor: (await keys().current()) ?? '' }),
    get settings() {
      return settings().settings;
    },
    builtins,
    ...(extensions === undefined ? {} : { extensions: () => extensions(reader) }),
  };
  const actor = openActor({ io, reader, git: opened, keys });
  const { token } = actor;
  const outcomes: OutcomeEvent[] = [];
  const world: OperationWorld = {
    reader,
    get gitWriter() {
      return opened;
    },
    gitFor: (operation) =>
      open({
        BIT_OPERATION: operation,
        GIT_REFLOG_ACTION: `bit ${operation}`,
        ...(actor.causing ? { BIT_CAUSE: '' } : {}),
      }),
    get ledger() {
      return ledger();
    },
    identity: actor.identity,
    onlooker: actor.onlooker,
    token,
    cause: actor.cause,
    get keys() {
      return keys();
    },
    signedBy: async (publicKey) => {
      if ((io.env['BIT_SIGNING_KEY'] ?? '') !== '') return undefined;
      const signer = await keys().signerOf(publicKey);
      if (signer === undefined) return undefined;
      return {
        ledger: openLedger({ directory: ledgerDirectory, signer: () => signer, clock: io.now }),
        identity: () => actor.identityOf(publicKey),
      };
    },
    policyConfig: (action) => {
      // read before anything is done: a fault in it must not come to light after
      const tree = settings().settings.policy;
      if (action !== 'policy.accept' && repository?.root !== undefined && configDiffers(tree, config()))
        notice('policy settings changed in the tree, not accepted: bit policy accept');
      return config();
    },
    policyState: policyState.state,
    adoptPolicy: () => {
      const adopted = adoptPolicy(place, inForce(), { builtins });
      if (adopted === undefined || adopted.sources.length === 0) return undefined;
      return { event: 'POLICY_ADOPTED', payload: adoptionFacts(adopted) };
    },
    mirror: (entries) => {
      const read = settings();
      try {
        if (read.settings.ledger.mirror !== null) appendMirror(read.settings.ledger.mirror, entries);
        keepSettings(stateDirectory, read);
      } catch (error) {
        notice(
          `note: the ledger mirror was not written: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    },
    runBit: (words, inside, how = {}) =>
      runBit({ io, cwd, words, inside, aside, signal: options.signal, ...how }),
    onOutcome: (event) => void outcomes.push(event),
    async tell(event) {
      const { tellListeners } = await import('./plugin-listeners.ts');
      await tellListeners({ reader, outcomes: [event] });
    },
    ...runningHere(options, ledgerDirectory),
  };

  return {
    reader,
    world,
    globals,
    terminal: io.stdoutIsTerminal,
    outcomes,
    perform(request, effect) {
      const dryRun = globals['dry-run'] === true;
      acting = !dryRun;
      return perform(world, request, effect, { dryRun, yes: globals.yes === true });
    },
    prepare() {
      if (repository === undefined) return;
      acting = globals['dry-run'] !== true;
      try {
        void keys()
          .current()
          .catch(() => undefined);
        policy();
        ledgerReader();
      } catch {
        // said by whoever needs it
      }
    },
    async keepInside(command, words, args) {
      const message = bounds ? bounds.refuses(words, args) : undefined;
      if (message !== undefined) await refuseRead(world, { command, args, message });
    },
    async gateRead(command, args, action) {
      const message = await actor.refusesRead(command, action);
      if (message !== undefined) await refuseRead(world, { command, args, message });
      if (!readsAreGated(stateDirectory)) return;
      const who = await actor.onlooker();
      const decision = policy().decide({
        action: `read.${command}`,
        command,
        args,
        actor: who.publicKey,
        user: { name: who.name, email: who.email, has_contract_access: who.trusted },
        tx: {},
        repo: repository === undefined ? {} : { root: repository.root ?? repository.gitDir },
        target: {},
        token: (await token())?.facts ?? null,
        config: config(),
        freeze: [],
        now: io.now().toISOString(),
      });
      if (!decision.allowed) throw deniedError(`read.${command}`, decision);
    },
    close() {
      ledger.made()?.close();
    },
  };
}

function adoptionFacts(adopted: AcceptedSet): JsonObject {
  return { digest: adopted.digest, files: adopted.sources.map((source) => source.path) };
}

/** A parent counts only where it runs: a script's `clone` line acts in another repository than the script. */
function runningHere(
  { parent, run }: ContextOptions,
  ledgerDirectory: string,
): { readonly parent: string | undefined; readonly free?: boolean } {
  if (parent === undefined && run === undefined) return { parent: undefined };
  const markers = openMarkers(ledgerDirectory);
  if (markers.some(({ op, running }) => op === parent && running === true)) return { parent };
  // a step has a process name space of its own, from which nobody can tell: the marker is there, and the lock is taken
  const there = markers.some(({ op, running }) => op === run && running !== false);
  return there ? { parent: run, free: true } : { parent: undefined };
}
