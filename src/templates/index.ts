/**
 * Templates: the files `bit init` brings into a repository.
 *
 * A template is a list of files relative to the repository's root. Four are built in (`minimal`, `node`, `runner`,
 * `full`); any folder is one too. Formats are those of the manifests, contracts and specifications they hold:
 * `.bithub.yml` (`bithub/v1`, `OrchestrationSpec`), `.bit/runner.manifest.yml`, `.bit/mesh/config.yml`,
 * `.bit/contract.aln`, Rego policies and workflows.
 */
export {
  BUILT_IN,
  type BuiltIn,
  builtInTemplate,
  SHARES,
  type Share,
  type TemplateFacts,
} from './built-in.ts';
export { readTemplateFolder } from './folder.ts';

export interface TemplateFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly content: Uint8Array;
  readonly executable: boolean;
}
