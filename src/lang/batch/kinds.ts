/** Kinds of nodes of a batch file's tree. */
export const KIND = {
  /** What one line, or a group over several, holds: commands with the operators between them. */
  chain: 1,
  label: 2,
  comment: 3,
  command: 4,
  word: 5,
  redirection: 6,
  /** `&`, `&&`, `||` or `|`. */
  operator: 7,
  group: 8,
  if: 9,
  condition: 10,
  else: 11,
  for: 12,
  /** The variable, the set in parentheses, and what stands between `for` and the variable. */
  variable: 13,
  set: 14,
  options: 15,
  /** Behind an `exit` or a `goto`, where no label leads to. */
  unread: 16,
} as const;

const NAMES: readonly string[] = ['', ...Object.keys(KIND)];

export function kindName(kind: number): string {
  return NAMES[kind] ?? '';
}
