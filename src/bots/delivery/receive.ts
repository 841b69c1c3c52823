import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { acceptedSigners, ownKeys } from '../../guard/index.ts';
import { readBoundedFile } from '../../kernel/bounded-file.ts';
import { sha256 } from '../../kernel/digest.ts';
import { BitError, fromErrno } from '../../kernel/errors.ts';
import { writeFileAtomic } from '../../kernel/files.ts';
import type { Paper } from '../../kernel/paper.ts';
import { printable, shorten } from '../../kernel/text.ts';
import { isTrusted, type PublicKey, publicKeyFromOpenssh } from '../../keys/index.ts';
import type { Effect, Reader } from '../../operation/index.ts';
import { changeYaml } from '../../runs/index.ts';
import { writeBot } from '../create.ts';
import { botDigest } from '../deployed.ts';
import { checkBotName } from '../manifest.ts';
import { deployedFile } from '../source.ts';
import { MOST_PACKAGE, openParcel, type Parcel } from './parcel.ts';
import { fetchPackage, isUri } from './places.ts';
import { AGE_HEADER, decryptHere } from './recipients.ts';
import { NAMESPACE } from './signature.ts';

export interface ReceiveRequest {
  /** A storage URI or a path. */
  readonly from: string;
  /** Whose signature is wanted; default somebody the repository trusts. */
  readonly signer: string | undefined;
  /** Another name for the bot; where an artifact is written. */
  readonly as: string | undefined;
  /** A file of identities of age. */
  readonly identity: string | undefined;
}

export interface Received {
  readonly kind: 'bot' | 'artifact';
  readonly name: string;
  readonly content: string;
  /** Of the package as it came. */
  readonly sha256: string;
  readonly signer: string;
  readonly encrypted: boolean;
  /** What was written. */
  readonly paths: readonly string[];
}

/**
 * Takes a package in: opens it by one's own key, verifies it, and puts the bot into the tree, or the artifact where it is
 * to be. Nothing of it runs, and a bot does nothing until it is deployed.
 *
 * @throws BitError `integrity` where it is not what was signed; `auth` where it is for somebody else, or signed by somebody
 *   who isn't trusted here
 */
export async function receive(reader: Reader, request: ReceiveRequest): Promise<Effect<Received>> {
  const file = await packageBytes(reader, request.from);
  const encrypted = file.subarray(0, AGE_HEADER.length).toString('latin1') === AGE_HEADER;
  const plain = encrypted
    ? Buffer.from(await decryptHere(reader, file, identitiesOf(reader, request)))
    : file;
  const parcel = openParcel(plain);
  await refuseStranger(reader, parcel.signer, request.signer);
  const { kind, digest } = parcel.about;
  const told = { content: digest, sha256: sha256(file).toString('hex'), signer: parcel.signer, encrypted };
  if (kind === 'artifact') return artifactEffect(reader, parcel, { as: request.as, told });
  const bot = botOf(parcel, request.as);
  const { summary: _, ...effect } = await writeBot(reader, {
    ...bot,
    from: parcel.about.name,
    event: 'BOT_RECEIVE',
  });
  return {
    summary: `take in bot ${bot.name}, signed by ${parcel.signer}`,
    event: 'BOT_RECEIVE',
    target: { kind, name: bot.name, digest, signer: parcel.signer, encrypted },
    plan: [
      `signed by ${parcel.signer}, digest ${digest}`,
      ...effect.plan,
      'it does nothing until bit bot deploy',
    ],
    touches: effect.touches,
    run: async (writer) => ({ kind, name: bot.name, ...told, paths: (await effect.run(writer)).paths }),
    record: (out) => ({ ...out }),
  };
}

type Told = Pick<Received, 'content' | 'sha256' | 'signer' | 'encrypted'>;

function artifactEffect(
  reader: Reader,
  { about, files, signer }: Parcel & { readonly signer: PublicKey },
  { as, told }: { readonly as: string | undefined; readonly told: Told },
): Effect<Received> {
  const [file, ...more] = files;
  const { kind, name, digest } = about;
  if (
    file === undefined ||
    more.length > 0 ||
    file.path !== name ||
    !/^(?!\.{1,2}$)[^/\\\0]{1,255}$/.test(name)
  )
    throw new BitError('integrity', 'the package holds no single file of its name');
  if (`sha256:${sha256(file.bytes).toString('hex')}` !== digest)
    throw new BitError('integrity', 'the artifact is not the one the package says it is');
  const shown = as === undefined ? name : as.endsWith('/') ? join(as, name) : as;
  const path = resolve(reader.cwd, shown);
  const refuseTaken = (): void => {
    if (existsSync(path))
      throw new BitError('conflict', `there is a ${printable(shorten(shown))} already`, {
        hint: 'write it elsewhere with --as PATH',
      });
  };
  refuseTaken();
  return {
    summary: `take in artifact ${printable(name)}, signed by ${signer}`,
    event: 'BOT_RECEIVE',
    target: { kind, name, digest, signer, encrypted: told.encrypted },
    plan: [`signed by ${signer}, digest ${digest}`, `write ${shown} (${file.bytes.length} bytes)`],
    touches: { refs: [], files: [path] },
    async run() {
      refuseTaken();
      writeFileAtomic(path, file.bytes);
      return { kind, name, ...told, paths: [shown] };
    },
    record: (out) => ({ ...out }),
  };
}

function botOf({ about, files }: Parcel, as: string | undefined) {
  const named = checkBotName(about.name);
  const manifest = files.find(({ path }) => path === `${named}.yml`);
  if (manifest === undefined) throw new BitError('integrity', 'the package holds no manifest of its bot');
  const inside = `${named}/`;
  const others = files.filter((one) => one !== manifest);
  if (!others.every(({ path }) => path.startsWith(inside)))
    throw new BitError('integrity', 'the package holds a file that is none of its bot');
  const texts = others.map(({ path, bytes }) => deployedFile(path.slice(inside.length), bytes, path));
  const text = deployedFile('manifest', manifest.bytes, manifest.path).text;
  if (botDigest(text, texts) !== about.digest)
    throw new BitError('integrity', 'the bot is not the one the package says it is');
  const name = checkBotName(as ?? named);
  return {
    name,
    text: name === named ? text : changeYaml(text, { key: 'name', value: name }),
    files: Object.fromEntries(texts.map((one) => [one.path, one.text])),
  };
}

async function packageBytes(reader: Reader, from: string): Promise<Buffer> {
  if (isUri(from)) return fetchPackage(reader, from);
  try {
    return readBoundedFile(resolve(reader.cwd, from), MOST_PACKAGE);
  } catch (error) {
    const shown = printable(shorten(from));
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new BitError('not-found', `there is no ${shown}`);
    throw fromErrno(error, `cannot read ${shown}`);
  }
}

function identitiesOf({ cwd }: Reader, { identity }: ReceiveRequest): readonly string[] {
  if (identity === undefined) return [];
  try {
    return readBoundedFile(resolve(cwd, identity), 64 * 1024)
      .toString('utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'));
  } catch (error) {
    throw fromErrno(error, `cannot read ${printable(shorten(identity))}`);
  }
}

async function refuseStranger(reader: Reader, signer: PublicKey, wanted: string | undefined): Promise<void> {
  if (wanted !== undefined) {
    const named = publicKeyFromOpenssh(/^ssh-ed25519 (\S+)/.exec(wanted)?.[1] ?? '') ?? wanted;
    const known = (acceptedSigners(reader.stateDirectory) ?? []).filter(({ principals }) =>
      principals.includes(wanted),
    );
    if (named === signer || known.some(({ publicKey }) => publicKey === signer)) return;
    throw new BitError('auth', `it is signed by ${signer}, not by ${printable(shorten(wanted))}`);
  }
  const own = await ownKeys(reader);
  const signers = acceptedSigners(reader.stateDirectory) ?? [];
  const now = reader.now();
  if (own.includes(signer) || isTrusted(signers, signer, now) || isTrusted(signers, signer, now, NAMESPACE))
    return;
  throw new BitError('auth', `it is signed by ${signer}, whom this repository does not trust`, {
    hint: `where you know that key: --signer ${signer}`,
    details: { signer },
  });
}

export function renderReceived(out: Received, page: Paper): void {
  page.line(page.safe(`took in ${out.kind} ${out.name}, signed by ${out.signer}`));
  for (const path of out.paths) page.line(page.safe(`  wrote ${path}`));
  if (out.kind === 'bot') page.line(`set it to work with: bit bot deploy ${out.name}`);
}
