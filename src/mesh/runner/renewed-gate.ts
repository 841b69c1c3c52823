import { readAccepted } from '../../guard/index.ts';
import { BitError } from '../../kernel/errors.ts';
import type { Gate as PolicyGate, Writer } from '../../operation/index.ts';
import { loadPolicySet, offerConfig, type PolicyInput } from '../../policy/index.ts';
import type { RunnerManifest } from '../settings/index.ts';
import { Gate } from './gate.ts';
import { policiesIn } from './policies.ts';

const RENEW_MS = 1000;

/**
 * The policies in force now, with the facts of now: another set may have been accepted, or something frozen, since the
 * last job. While they can't be read nothing is taken.
 */
export async function renewedGate(
  writer: Writer,
  { root, manifest }: { readonly root: string; readonly manifest: RunnerManifest },
  publicKey: string,
): Promise<() => Gate> {
  const extra = policiesIn(root, manifest.policies.dir);
  const beside = extra.length === 0 ? undefined : loadPolicySet(extra, { builtins: writer.builtins });
  const ask = (): Promise<PolicyGate> =>
    writer.gate({ action: 'mesh.job', event: 'JOB_EXECUTE', command: 'runner.start', args: {} });
  let open: PolicyGate | BitError = await ask();
  const timer = setInterval(() => {
    ask().then(
      (gate) => {
        open = gate;
      },
      (error: unknown) => {
        open = error instanceof BitError ? error : new BitError('failed', String(error));
      },
    );
  }, RENEW_MS).unref();
  writer.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  let known: { readonly digest: string; readonly gate: Gate } | undefined;
  return () => {
    const { policy } = writer;
    if (known?.digest === policy.digest) return known.gate;
    const accepted = readAccepted(writer.stateDirectory);
    const gate = new Gate({
      builtins: writer.builtins,
      set:
        beside === undefined
          ? policy
          : loadPolicySet([...policy.sources, ...extra], { builtins: writer.builtins }),
      decide: (asked) => {
        if (open instanceof BitError) throw open;
        const first = open(asked);
        if (!first.allowed || beside === undefined) return first;
        return beside.decide(aboutOffer(asked, writer, publicKey));
      },
      config: accepted === undefined ? writer.settings.policy : (accepted.config ?? {}),
      strict: manifest.policies.enforceStrict,
      runner: { id: manifest.id, persona: manifest.persona, publicKey },
      now: writer.now,
      notice: writer.notice,
    });
    known = { digest: policy.digest, gate };
    return gate;
  };
}

/** What policies of the runner's own folder, beside those in force, are asked with. */
function aboutOffer(asked: Parameters<PolicyGate>[0], writer: Writer, publicKey: string): PolicyInput {
  const { policy: config } = writer.settings;
  return {
    ...{
      action: 'mesh.job',
      command: 'runner.start',
      args: {},
      actor: publicKey,
      user: {},
      tx: {},
      repo: {},
    },
    ...{ token: null, config: offerConfig(config), freeze: [], now: writer.now().toISOString(), ...asked },
  };
}
