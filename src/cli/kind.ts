/** What a class says it is; a registered symbol, so that every copy of this module asks for the same one. */
export const KIND = Symbol.for('bithub.cli.kind/1');
