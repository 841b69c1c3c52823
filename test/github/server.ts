/** A GitHub on loopback, whose every call is one of GitHub's own description, and that keeps what it is told. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

interface Schema {
  readonly required?: readonly string[];
  readonly properties?: object;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}
interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}
interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const folder = dirname(createRequire(import.meta.url).resolve('@octokit/openapi/package.json'));
const described = JSON.parse(
  readFileSync(join(folder, 'generated/api.github.com.json'), 'utf8'),
) as Described;
const patterns = Object.keys(described.paths).map((path) => ({
  path,
  pattern: new RegExp(`^${path.replace(/[.+*?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`),
}));

/** The call as GitHub describes it; undefined for none of its own. */
function operationOf(method: string, path: string, body: string): string | undefined {
  const found = patterns.find(
    ({ path: one, pattern }) =>
      pattern.test(path) && described.paths[one]?.[method.toLowerCase()] !== undefined,
  );
  if (found === undefined) return undefined;
  const schema =
    described.paths[found.path]?.[method.toLowerCase()]?.requestBody?.content['application/json']?.schema;
  const given = body === '' ? {} : (JSON.parse(body) as Record<string, unknown>);
  return schema === undefined || fits(schema, given) ? found.path : undefined;
}

function fits(schema: Schema, given: Readonly<Record<string, unknown>>): boolean {
  const some = schema.oneOf ?? schema.anyOf;
  if (some !== undefined) return some.some((one) => fits(one, given));
  if ((schema.required ?? []).some((name) => given[name] === undefined)) return false;
  return Object.keys(given).every((name) => Object.hasOwn(schema.properties ?? {}, name));
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** What is answered with 200, or 201 of a POST; a {@link Refusal}; or a function that is asked. */
type Answer = unknown;
type Answers = Readonly<Record<string, Answer>>;

export class Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.headers = headers;
  }
}

export interface Github {
  readonly url: string;
  readonly port: number;
  /** Bodies of comments that were made. */
  readonly comments: readonly string[];
  /** `POST /repos/…`, in the order they came. */
  readonly calls: readonly string[];
  /** Calls that GitHub does not have, or without the credential. */
  readonly strange: readonly string[];
  close(): Promise<void>;
}

/** Answers by `METHOD /path`. What is not there is a 404, as GitHub's. */
export async function github(answers: Answers | ((call: string) => Answer)): Promise<Github> {
  const comments: string[] = [];
  const calls: string[] = [];
  const strange: string[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString('utf8');
    const { method = '', url = '', headers } = request;
    const { pathname: path, searchParams: query } = new URL(url, 'http://127.0.0.1');
    calls.push(`${method} ${path}`);
    if (operationOf(method, path, body) === undefined || headers.authorization !== 'token ghp_credential')
      strange.push(`${method} ${path}`);
    const call = `${method} ${path}`;
    const given = typeof answers === 'function' ? answers(call) : answers[call];
    const answer =
      typeof given === 'function'
        ? (given as (asked: Asked) => Answer)({ method, path, query, body, headers })
        : given;
    const json = { 'content-type': 'application/json' };
    if (answer instanceof Refusal)
      return response.writeHead(answer.status, { ...json, ...answer.headers }).end('{"message":"no"}');
    if (method === 'POST' && path.endsWith('/comments') && answer !== undefined)
      comments.push((JSON.parse(body) as { body: string }).body);
    response.writeHead(answer === undefined ? 404 : method === 'POST' ? 201 : 200, json);
    return response.end(JSON.stringify(answer ?? { message: 'Not Found' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...{ url: `http://127.0.0.1:${port}`, port, comments, calls, strange },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Comment {
  readonly id: number;
  readonly body: string;
  readonly html_url: string;
  readonly user: { readonly login: string; readonly type: string };
}

/** An issue that keeps comments and labels as GitHub does; its answers, for {@link github}. */
export function issueOf(given: {
  readonly number: number;
  readonly login?: string;
  readonly pull?: boolean;
}) {
  const { number, login = 'octobit' } = given;
  const comments: Comment[] = [];
  const labels: string[] = [];
  const at = `/repos/octo/hello/issues/${number}`;
  const page = `https://github.com/octo/hello/${given.pull === true ? 'pull' : 'issues'}/${number}`;
  const say = (body: string, by: string): Comment => {
    const id = number * 1000 + comments.length;
    const comment = { id, body, html_url: `${page}#issuecomment-${id}`, user: { login: by, type: 'User' } };
    comments.push(comment);
    return comment;
  };
  const read = () => ({
    ...{
      number,
      state: 'open',
      title: `issue ${number}`,
      locked: false,
      html_url: page,
      comments: comments.length,
    },
    labels: labels.map((name) => ({ name })),
    ...(given.pull === true ? { pull_request: { html_url: page } } : {}),
  });
  const take = (name: string) => () => {
    const found = labels.indexOf(name);
    if (found < 0) return undefined;
    labels.splice(found, 1);
    return labels.map((one) => ({ name: one }));
  };
  const calls: Answers = {
    'GET /user': () => ({ login }),
    [`GET ${at}`]: read,
    [`GET ${at}/comments`]: ({ query }: Asked) => {
      const size = Number(query.get('per_page') ?? 30);
      const first = (Number(query.get('page') ?? 1) - 1) * size;
      return comments.slice(first, first + size);
    },
    [`POST ${at}/comments`]: ({ body }: Asked) => say((JSON.parse(body) as { body: string }).body, login),
    [`POST ${at}/labels`]: ({ body }: Asked) => {
      for (const name of (JSON.parse(body) as { labels: string[] }).labels)
        if (!labels.includes(name)) labels.push(name);
      return labels.map((name) => ({ name }));
    },
  };
  const label = `DELETE ${at}/labels/`;
  const answers = (call: string): Answer =>
    call.startsWith(label) ? take(decodeURIComponent(call.slice(label.length))) : calls[call];
  return { answers, comments, labels, say };
}
