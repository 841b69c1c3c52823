import { createHash } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { BitError, isBitError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { Paper } from '../kernel/paper.ts';
import { rememberSecret } from '../kernel/secrets.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { type Collected, collectFiles, send } from '../orchestration/index.ts';
import { readSecret } from '../secrets/index.ts';
import { type NodeConfig, readNodes } from './config.ts';

/** A file as a node is told of it. */
export interface SentFile {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

export interface NodeOutcome {
  readonly node: string;
  readonly api: string;
  /** `none`: no file matched. */
  readonly status: 'acknowledged' | 'failed' | 'none';
  readonly files: readonly SentFile[];
  readonly attempts: number;
  readonly error: string | null;
}

export interface NodesSynced {
  readonly config: string;
  readonly nodes: readonly NodeOutcome[];
  readonly failed: number;
}

/** Bytes of all files for one node: they travel in one request. */
const MOST_BYTES = 32 * 1024 * 1024;
const MOST_ANSWER = 4 * 1024 * 1024;
const ATTEMPTS = 3;
const BACKOFF_SECONDS = 5;

/**
 * Sends each node the files its patterns accept, with their digests, and believes it only where it acknowledges each of
 * them. The request is `{repo, sha, ts, files: [{path, sha256, size, content}]}`, content in base64; the answer
 * `{files: [{path, sha256}]}`.
 *
 * @throws BitError `not-found` for a node that isn't there, with the nearest
 */
export async function syncNodes(reader: Reader, names: readonly string[]): Promise<Effect<NodesSynced>> {
  const root = reader.repository?.root;
  if (root === undefined) throw new BitError('not-found', `${reader.cwd} is not inside a work tree`);
  const { path, config } = readNodes(root);
  const known = config.nodes.map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    throw new BitError('not-found', `there is no node ${printable(shorten(name))} in ${path}`, {
      hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : `there are: ${known.join(', ')}`,
    });
  }
  const nodes = config.nodes.filter(({ name }) => names.length === 0 || names.includes(name));
  const chosen = nodes.map((node) => ({
    node,
    files: collectFiles(root, node.accept, { skip: ['node_modules'] }),
  }));
  const { attempts = ATTEMPTS, backoffSeconds = BACKOFF_SECONDS } = config.retries ?? {};
  return {
    summary: `send files to ${nodes.length} nodes`,
    target: {
      nodes: nodes.map(({ name }) => name),
      hosts: nodes.map(({ api }) => new URL(api).host),
      paths: [...new Set(chosen.flatMap(({ files }) => files.map((file) => file.path)))].slice(0, 1000),
    },
    plan: chosen.map(
      ({ node, files }) =>
        `send ${files.length} files to ${node.name} (${new URL(node.api).host}): ${shorten(files.map((file) => file.path).join(', '), 300) || 'none matches'}`,
    ),
    touches: { refs: [] },
    beside: true,
    irreversible: chosen
      .filter(({ files }) => files.length > 0)
      .map(({ node }) => `sent files to ${node.name}`),
    async run(writer) {
      const sha = await writer.git.resolve('HEAD', 'commit');
      const outcomes: NodeOutcome[] = [];
      for (const { node, files } of chosen) {
        const progress = writer.progress(`sync ${node.name}`);
        try {
          outcomes.push(
            await syncNode(writer, node, files, { sha: sha ?? 'unknown', attempts, backoffSeconds }),
          );
        } finally {
          progress.end();
        }
      }
      return {
        config: path,
        nodes: outcomes,
        failed: outcomes.filter(({ status }) => status === 'failed').length,
      };
    },
    record: ({ nodes: all }) => ({
      nodes: all.map(({ node, status, files, attempts: tries }) => ({
        node,
        status,
        attempts: tries,
        files: files.slice(0, 100).map(({ path: file, sha256 }) => ({ path: file, sha256 })),
      })),
    }),
    failure(out) {
      const failed = out.nodes.filter(({ status }) => status === 'failed');
      if (failed.length === 0) return undefined;
      return new BitError(
        'remote',
        `${failed.length} of ${out.nodes.length} nodes failed:${failed.map(({ node, error, attempts: tries }) => `\n  ${node}: ${error} (tried ${tries} ${tries === 1 ? 'time' : 'times'})`).join('')}`,
        {
          hint: 'those that acknowledged have their files; try the others again with: bit nodes sync NAME',
          details: { nodes: out.nodes },
        },
      );
    },
  };
}

interface Sending {
  readonly sha: string;
  readonly attempts: number;
  readonly backoffSeconds: number;
}

async function syncNode(
  writer: Writer,
  node: NodeConfig,
  found: readonly Collected[],
  { sha, attempts, backoffSeconds }: Sending,
): Promise<NodeOutcome> {
  const outcome = {
    node: node.name,
    api: new URL(node.api).host,
    files: [] as readonly SentFile[],
    attempts: 0,
    error: null,
  };
  if (found.length === 0) return { ...outcome, status: 'none' };
  let tries = 0;
  try {
    const token = await tokenOf(writer, node);
    const files = read(found);
    const sent = files.map(({ path, sha256, size }) => ({ path, sha256, size }));
    const body = JSON.stringify({
      repo: writer.env['GITHUB_REPOSITORY'] ?? 'local',
      sha,
      ts: writer.now().toISOString(),
      files,
    });
    for (;;) {
      tries++;
      try {
        const { text } = await send(node.api, {
          method: 'POST',
          type: 'application/json',
          body,
          most: MOST_ANSWER,
          signal: writer.signal,
          headers: { [node.auth.header ?? 'Authorization']: `Bearer ${token}` },
        });
        requireAcknowledged(node.name, sent, text);
        return { ...outcome, status: 'acknowledged', files: sent, attempts: tries };
      } catch (error) {
        // what it refuses it would refuse again
        if (!isBitError(error, 'remote') || isRefusal(error) || tries >= attempts) throw error;
        const wait = backoffSeconds * 1000 * 2 ** (tries - 1);
        writer.notice(`${node.name}: ${error.message}; again in ${wait / 1000} s`);
        await sleep(wait, undefined, { signal: writer.signal });
      }
    }
  } catch (error) {
    if (!isBitError(error) || error.code === 'cancelled' || writer.signal.aborted) throw error;
    return { ...outcome, status: 'failed', attempts: tries, error: error.message };
  }
}

function isRefusal({ details }: BitError): boolean {
  const { status } = details;
  return (
    typeof status === 'number' &&
    status >= 300 &&
    status < 500 &&
    status !== 408 &&
    status !== 425 &&
    status !== 429
  );
}

async function tokenOf(reader: Reader, { name, api, auth: { tokenRef } }: NodeConfig): Promise<string> {
  const { protocol, hostname } = new URL(api);
  if (protocol === 'http:' && !/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname))
    throw new BitError(
      'usage',
      `the token for ${name} would travel unencrypted: ${hostname} is asked over http`,
    );
  const variable = tokenRef.slice(tokenRef.indexOf(':') + 1);
  const token = tokenRef.startsWith('secret:')
    ? await readSecret(reader, variable)
    : (reader.env[variable] ?? '');
  if (token === '' || /[\u0000-\u001f\u007f]/.test(token))
    throw new BitError(
      'auth',
      `${tokenRef}, the token for ${name}, is ${token === '' ? 'empty' : 'no line of text'}`,
    );
  rememberSecret(token);
  return token;
}

function read(found: readonly Collected[]): (SentFile & { readonly content: string })[] {
  let left = MOST_BYTES;
  return found.map(({ path, from }) => {
    left -= lstatSync(from).size;
    if (left < 0) throw new BitError('usage', `the files come to more than ${MOST_BYTES} bytes`);
    const bytes = readFileSync(from);
    return {
      path,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      size: bytes.length,
      content: bytes.toString('base64'),
    };
  });
}

/** A node that has something else than what was sent has not got it. */
function requireAcknowledged(node: string, sent: readonly SentFile[], text: string): void {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new BitError('remote', `${node} answered no JSON`);
  }
  const listed = isJsonObject(answer) && Array.isArray(answer['files']) ? answer['files'] : undefined;
  if (listed === undefined) throw new BitError('remote', `${node} acknowledged no files`);
  const digests = new Map<string, string>();
  for (const file of listed) {
    if (!isJsonObject(file)) continue;
    const { path, sha256 } = file;
    if (typeof path === 'string' && typeof sha256 === 'string') digests.set(path, sha256.toLowerCase());
  }
  for (const { path, sha256 } of sent) {
    const said = digests.get(path);
    if (said === sha256) continue;
    const what = said === undefined ? 'did not acknowledge' : `has ${printable(shorten(said, 16))} of`;
    throw new BitError('remote', `${node} ${what} ${printable(path)}`);
  }
}

export function renderSynced({ nodes }: NodesSynced, page: Paper): void {
  for (const { node, status, files, error } of nodes) {
    const what =
      status === 'none'
        ? 'no file matches'
        : status === 'failed'
          ? (error ?? 'failed')
          : `${files.length} files acknowledged`;
    page.line(page.safe(`${node}: ${what}`));
  }
}
