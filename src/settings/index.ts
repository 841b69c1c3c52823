/**
 * Settings: what a repository's `.bithub.yml` and `.bit/runner.manifest.yml` ask of the frame itself. Every other key
 * of those files belongs to the system that obeys it: src/specification knows them all.
 *
 *     # .bithub.yml
 *     ledger:
 *       share: off          # off | headers | all
 *       mirror: .bithub/ledger/runner.log
 *       keepDays: 30        # how long undo keeps what an operation replaced
 *       anchors: { … }      # where checkpoints are sent to: src/anchor
 *     policy: { … }         # policies read it as input.config, once accepted
 *
 * Parsing YAML costs more than an action may, so the result is cached under the local state by the files' stamps.
 */
export { SPECIFICATION } from '../specification/index.ts';
export { readPolicySection } from './parse.ts';
export { keepSettings, type ReadSettings, readSettings, type SettingsPlace } from './read.ts';
export type { Settings } from './settings.ts';
