/**
 * Language: logs and texts against `policy.profanity` of `.bithub.yml` as it was accepted: `denylist` less `allowlist`,
 * shown as `logRedaction` says. `category/*` of a denylist is a list of words in `.bithub/words/category/`. What the
 * blueprint calls aln-analyze.
 */
export {
  checkLanguage,
  type LanguageFinding,
  type LanguageQuestion,
  type LanguageReport,
  logRedaction,
  renderLanguage,
} from './check.ts';
export { type Hit, hits, type Lexicon, plain, readLexicon, redact, redactLine } from './words.ts';
