import { BitError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import type { Reader } from '../operation/index.ts';
import type { PolicyProblem } from '../policy/index.ts';
import { readJson } from './sample.ts';
import { compileSet, findSet, type NamedSet, type WhichSet } from './which.ts';

export interface Evaluation {
  readonly query: string;
  readonly set: NamedSet['from'];
  readonly defined: boolean;
  readonly value: Json;
  /** Why it is undefined, as far as that can be told. */
  readonly why: string | null;
}

/** @throws BitError `failed` for a query or policy that can't be evaluated, with the place of the fault */
export async function evaluateQuery(
  reader: Reader,
  question: {
    readonly query: string;
    readonly input: string | undefined;
    readonly which: WhichSet;
    readonly strict?: boolean;
  },
): Promise<Evaluation> {
  const set = requireSet(reader, question.which);
  const strict = question.strict === true;
  const input = question.input === undefined ? {} : await readJson(reader, question.input);
  const result = compileSet(set, reader).query(question.query, input);
  if ('error' in result) throw faulty(result.error);
  const why = result.defined ? undefined : result.why;
  if (why !== undefined && strict) throw faulty(why);
  return {
    query: question.query,
    set: set.from,
    defined: result.defined,
    value: result.defined ? result.value : null,
    why: why === undefined ? null : told(why),
  };
}

function told({ at, message }: PolicyProblem): string {
  return `${at.path === '' ? 'query' : at.path}:${at.line}:${at.column}: ${message}`;
}

function faulty(problem: PolicyProblem): BitError {
  return new BitError('failed', told(problem), { details: { code: problem.code, at: problem.at } });
}

/** The files of a set, as they are. */
export function requireSet(reader: Reader, which: WhichSet): NamedSet {
  const set = findSet(reader, which);
  if (set !== undefined) return set;
  throw new BitError('not-found', 'no policy set was accepted yet', {
    hint: 'take the tree’s with: bit policy accept',
  });
}
