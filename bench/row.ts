/** One figure of `npm run bench`. */
export interface Row {
  readonly name: string;
  /** Against the peer in the same run; what the goal speaks of where it is there, else the value. */
  readonly ratio?: number;
  readonly value: number;
  readonly unit: string;
  /** `≤ 1.4`, `≥ 0.7`; anything else is no goal and printed as it is. */
  readonly goal: string;
  /** What it is measured against, with its version; or that it isn't installed. */
  readonly peer?: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Undefined where there is no goal, or nothing to hold against it. */
export function isReached({ ratio, value, goal }: Row): boolean | undefined {
  const [, sign, bound] = /^([≤≥])\s*([\d.]+)/.exec(goal) ?? [];
  const figure = ratio ?? value;
  if (sign === undefined || Number.isNaN(figure)) return undefined;
  return sign === '≤' ? figure <= Number(bound) : figure >= Number(bound);
}
