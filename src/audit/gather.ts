import { deployedBots } from '../bots/index.ts';
import { ledgerTrust, policyStanding } from '../guard/index.ts';
import { queryHistory } from '../history/index.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { scanAll } from '../secure/index.ts';
import { revocations } from '../token/index.ts';
import { verifyHere } from '../transparency/index.ts';
import type { Activity, AuditReport, Standing } from './model.ts';

type Gathered = Omit<AuditReport, 'v' | 'since' | 'before' | 'changes'>;

/** Entries counted at most. */
const MOST_ENTRIES = 100_000;
const MOST_DENIALS = 100;

/** Everything a report says of this moment. Reads only, asks no registry. */
export async function gather(reader: Reader, since: string | null): Promise<Gathered> {
  const verified = await verifyHere(reader);
  const policy = await policyStanding(reader, { thorough: true });
  const faults = verified.faults.map((fault) => line(JSON.stringify(fault), 300));
  const standing: Standing[] = [
    ...faults.map((text): Standing => ({ area: 'ledger', level: 'error', text })),
    ...(await permissions(reader)),
    ...(await keys(reader)),
    ...(await tokens(reader)),
    ...(await bots(reader)),
    {
      area: 'policy',
      level: policy.state === 'damaged' ? 'error' : policy.state === 'accepted' ? 'note' : 'warning',
      text: `policies: ${policy.state} ${(reader.policy.digest ?? '').slice(0, 19)}`,
    },
    ...policy.changed.map(
      (path): Standing => ({
        area: 'policy',
        level: 'warning',
        text: `not in force as the tree has it: ${line(path)}`,
      }),
    ),
  ];
  return {
    ts: reader.now().toISOString(),
    repository: line(reader.repository?.root?.split('/').at(-1) ?? 'repository'),
    ledger: { ok: verified.ok, entries: verified.entries, chains: verified.chains, faults },
    policy: { state: policy.state, digest: reader.policy.digest ?? null },
    standing,
    activity: await activity(reader, since),
  };
}

function line(text: string, width = 200): string {
  return printable(shorten(text, width));
}

async function permissions(reader: Reader): Promise<Standing[]> {
  const report = await scanAll(reader, { scope: 'permissions', offline: true, most: 1 });
  return report.parts.flatMap(({ findings }) =>
    findings.map(({ level, rule, path, message }) => ({
      area: 'permission' as const,
      level,
      text: line(`${rule} ${path}: ${message}`),
    })),
  );
}

async function keys(reader: Reader): Promise<Standing[]> {
  const own = (await reader.keys.list()).map(({ publicKey, place, current }): Standing => {
    const what = `${publicKey.slice(0, 24)}… in ${place}${current ? ', signs' : ''}`;
    return { area: 'key', level: place === 'unencrypted-file' ? 'warning' : 'note', text: what };
  });
  const { signers } = await ledgerTrust(reader);
  const believed = signers.map(({ publicKey, validBefore }): Standing => {
    const until = validBefore === undefined ? '' : ` until ${validBefore}`;
    return { area: 'signer', level: 'note', text: `${publicKey.slice(0, 24)}… is believed${until}` };
  });
  return [...own, ...believed];
}

/** Tokens the ledger knows of that would still be taken. Those of bots come and go with their events. */
async function tokens(reader: Reader): Promise<Standing[]> {
  const revoked = revocations(reader.ledger, () => true);
  const now = reader.now().getTime() / 1000;
  const minted = await queryHistory(reader, {
    event: 'TOKEN_MINT',
    phase: 'outcome',
    limit: 10_000,
    where: undefined,
  });
  return minted.flatMap(({ payload }): Standing[] => {
    const facts = isJsonObject(payload) && isJsonObject(payload['result']) ? payload['result'] : payload;
    if (!isJsonObject(facts)) return [];
    const { jti, sub, cap, exp } = facts;
    if (typeof jti !== 'string' || typeof exp !== 'number' || exp < now) return [];
    if (revoked(jti, '')) return [];
    const carried = textsOf(cap);
    const level = carried.some((one) => one === '*' || one.endsWith(':*')) ? 'warning' : 'note';
    const until = new Date(exp * 1000).toISOString().slice(0, 16);
    return [
      {
        area: 'token',
        level,
        text: line(`${jti} of ${String(sub)} carries ${carried.join(', ')} until ${until}`),
      },
    ];
  });
}

async function bots(reader: Reader): Promise<Standing[]> {
  const { bots: deployed, damaged } = await deployedBots(reader);
  return [
    ...deployed.map(({ manifest, granted, paused, digest }): Standing => {
      const state = paused ? ', paused' : '';
      const text = `${manifest.name}${state} may ${granted.join(', ') || 'nothing'}; ${digest.slice(0, 19)}`;
      return { area: 'bot', level: granted.includes('*') ? 'warning' : 'note', text: line(text, 500) };
    }),
    ...damaged.map(
      ({ path, why }): Standing => ({ area: 'bot', level: 'error', text: line(`${path}: ${why}`) }),
    ),
  ];
}

function textsOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? (value as readonly Json[]).map(String) : [];
}

async function activity(reader: Reader, since: string | null): Promise<Activity> {
  const entries = await queryHistory(reader, {
    ...(since === null ? {} : { since }),
    limit: MOST_ENTRIES,
    where: undefined,
  });
  const by = new Map<string, { actor: string; event: string; count: number }>();
  let [operations, failed, denied] = [0, 0, 0];
  const denials: Activity['denials'][number][] = [];
  for (const { phase, event, as, actor, payload, ts, entry_sha256 } of entries) {
    const who = as ?? actor.slice(0, 24);
    if (phase === 'denied') {
      denied++;
      if (denials.length < MOST_DENIALS)
        denials.push({ ts, actor: who, action: actionOf(payload), why: whyOf(payload), entry: entry_sha256 });
    }
    if (phase !== 'outcome') continue;
    operations++;
    if (payload?.['ok'] === false) {
      failed++;
      continue;
    }
    const key = JSON.stringify([who, event]);
    const known = by.get(key) ?? { actor: line(who), event, count: 0 };
    known.count++;
    by.set(key, known);
  }
  const ordered = [...by.values()].sort((a, b) => b.count - a.count || (a.event < b.event ? -1 : 1));
  return { operations, failed, denied, by: ordered.slice(0, 500), denials };
}

function actionOf(payload: Json | undefined): string {
  return isJsonObject(payload) ? line(String(payload['action'] ?? '')) : '';
}

function whyOf(payload: Json | undefined): string {
  return isJsonObject(payload) ? line(textsOf(payload['messages']).join('; '), 300) : '';
}
