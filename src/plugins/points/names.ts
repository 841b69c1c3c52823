/**
 * What a plugin may bring beside commands, listeners and macros: the member of `bit` in package.json, and the export, by
 * the version of the seam it came with.
 */
export const POINT_VERSIONS = { bots: 2, fixers: 2, steps: 2, anchors: 3, builtins: 3, storage: 3 } as const;

export type Point = keyof typeof POINT_VERSIONS;

export const POINT_NAMES = Object.keys(POINT_VERSIONS) as readonly Point[];
