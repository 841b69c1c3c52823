import type { Judgement, Location } from './types.ts';

/**
 * What a policy set decided. Reasons and digests are worked out when {@link Decision.explain} is first called, for
 * most decisions are never asked for them. It is a class with private state, so that a copy (`{...decision}`), which
 * would lose what was not worked out yet, is no `Decision` to the compiler.
 */
export class Decision {
  readonly allowed: boolean;
  readonly liftedByApproval: boolean;
  readonly #judge: () => Judgement;
  #judgement: Judgement | undefined;

  constructor(verdict: { readonly allowed: boolean; readonly lifted: boolean }, judge: () => Judgement) {
    this.allowed = verdict.allowed;
    this.liftedByApproval = verdict.lifted;
    this.#judge = judge;
  }

  /** The whole of it, as a plain object; costs about as much as deciding again where denied. */
  explain(): Judgement {
    this.#judgement ??= this.#judge();
    return this.#judgement;
  }

  toJSON(): Judgement {
    return this.explain();
  }
}

/** `p.rego:12`, or what there is where that has no lines. */
export function shownPlace({ path, line }: Location): string {
  return line === 0 ? path : `${path}:${line}`;
}
