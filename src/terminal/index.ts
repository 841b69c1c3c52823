/**
 * Terminal: the commands a repository's people run, in `.bit-terminal.json` (`version`, `env`, `preflight`, `commands`),
 * one after another, each with a log that is kept.
 */
export { readTerminal, TERMINAL_FILE, TERMINAL_LOGS, type TerminalConfig } from './config.ts';
export { renderTerminal, runTerminal, type TerminalRun, type TerminalStep } from './run.ts';
