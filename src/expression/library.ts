import type * as Library from '@actions/expressions';
import type * as Tree from '@actions/expressions/ast';
import { requirePackageFile } from '../kernel/packages.ts';

const NAME = '@actions/expressions';
let library: typeof Library | undefined;
let tree: typeof Tree | undefined;

/** GitHub's own lexer and parser, loaded at the first expression. */
export function expressionLibrary(): typeof Library {
  library ??= requirePackageFile<typeof Library>(NAME, 'dist/index.js');
  return library;
}

/** The classes of its syntax tree. */
export function syntaxTree(): typeof Tree {
  tree ??= requirePackageFile<typeof Tree>(NAME, 'dist/ast.js');
  return tree;
}
