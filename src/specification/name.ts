/** The file's name, at a repository's root. A module of its own: the start path asks for nothing else. */
export const SPECIFICATION = '.bithub.yml';
