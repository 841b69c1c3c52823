/** What a plugin may bring beside commands, listeners and macros: the member of `bit` in package.json, and the export. */
export const POINT_NAMES = ['bots', 'fixers', 'steps'] as const;

export type Point = (typeof POINT_NAMES)[number];
