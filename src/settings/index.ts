/**
 * Settings: what a repository's `.bithub.yml` and `.bit/runner.manifest.yml` ask of the frame itself. Every other key
 * of those files belongs to the system that obeys it.
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
export {
  keepSettings,
  type ReadSettings,
  readPolicySection,
  readSettings,
  type Settings,
  type SettingsPlace,
  SPECIFICATION,
} from './read.ts';
