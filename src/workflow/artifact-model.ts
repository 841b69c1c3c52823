/** A run's artifacts: named sets of files, their bytes by digest in the content store. */
export interface Artifacts {
  /**
   * Stores files durably. Names and paths that would lead out of the artifact are refused.
   *
   * @throws BitError `usage` for a bad name, `conflict` where the run has one of that name and `replace` is not set
   */
  put(
    name: string,
    files: readonly { readonly path: string; readonly from: string }[],
    options?: { readonly replace?: boolean; readonly retentionDays?: number },
  ): Promise<Artifact>;
  list(): readonly Artifact[];
  /** Writes an artifact's files under `directory`; never outside of it, whatever the artifact says. */
  get(name: string, directory: string): Promise<Artifact>;
}

export interface Artifact {
  readonly name: string;
  /** SHA-256 over the canonical list of its files. */
  readonly digest: string;
  readonly size: number;
  readonly files: readonly ArtifactFile[];
  /** RFC 3339; its bytes may be gone after that. Undefined: they stay. */
  readonly expires?: string;
}

export interface ArtifactFile {
  /** Relative, with `/`. */
  readonly path: string;
  /** SHA-256 of its bytes; also its name in the content store. */
  readonly digest: string;
  readonly size: number;
  readonly executable: boolean;
}
