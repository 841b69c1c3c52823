/**
 * Script: `.bit` files, one dotted command a line.
 *
 *     # release.bit
 *     bit.tag new v$VERSION -m "release $VERSION"
 *     bit.push main origin
 *
 * Blank lines and `#` comments are passed over. Words are split at white space; `'…'` keeps everything, `"…"` and
 * bare words expand `$NAME` and `${NAME}` (never splitting the value into words), a backslash takes the next character
 * as it is. Nothing else is special: no pipes, no substitution, no shell.
 */
export { type Macro, type MacroParameter, macroLines, parseMacro, variablesOf } from './macro.ts';
export { parseScript, type ScriptLine } from './parse.ts';
export { type MacroOptions, runMacro, runScript, type ScriptResult } from './run.ts';
