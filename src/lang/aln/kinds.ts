/** Kinds of nodes of an ALN tree. */
export const KIND = {
  section: 1,
  /** `KEY: value`; below it the key and the value. */
  field: 2,
  key: 3,
  value: 4,
  comment: 5,
  /** `bit.branch.list --all`; below it its words. */
  command: 6,
  word: 7,
  /** `IF …` with all up to its `END`. */
  if: 8,
  condition: 9,
  elseIf: 10,
  else: 11,
  /** `STOP "why"`. */
  stop: 12,
} as const;

const NAMES: readonly string[] = ['', ...Object.keys(KIND)];

export function kindName(kind: number): string {
  return NAMES[kind] ?? '';
}
