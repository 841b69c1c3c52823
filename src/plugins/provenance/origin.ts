/** Where a package comes from, as far as somebody signed for it. */

/**
 * Of the registry's signature: `verified`; `unchecked` where there is one and the registry gives no keys for it;
 * `absent` where there is none, or no registry.
 */
export type SignatureState = 'verified' | 'unchecked' | 'absent';

/** The build that made a package, from the certificate that signed for it. */
export type Provenance = {
  /** Address of the source. */
  readonly repository: string;
  /** Address of the workflow, with the ref it was read from. */
  readonly workflow: string;
  readonly commit: string;
  /** Who vouches for the three: the OIDC issuer of the build. */
  readonly issuer: string;
};

export interface Origin {
  readonly signature: SignatureState;
  readonly provenance: Provenance | null;
  /** Why something there is was not checked, a sentence each. */
  readonly notes: readonly string[];
}

export const REQUIREMENTS = ['signature', 'provenance'] as const;
export type Requirement = (typeof REQUIREMENTS)[number];

/** A folder, an archive, a macro or a git address: nobody signed for it. */
export const NO_ORIGIN: Origin = { signature: 'absent', provenance: null, notes: [] };

/** For a person who is asked, a line each. */
export function describeOrigin(origin: Origin, before?: Provenance | null): readonly string[] {
  const { signature, provenance, notes } = origin;
  const lost = before ? `, where what is replaced was built from ${before.repository}` : '';
  const other =
    before && provenance && before.repository !== provenance.repository
      ? `, where what is replaced was built from ${before.repository}`
      : '';
  const signed = { verified: 'verified', unchecked: 'not checked', absent: 'none' }[signature];
  return [
    `registry signature: ${signed}`,
    provenance === null
      ? `provenance: none${lost}`
      : `provenance: built from ${provenance.repository} at ${provenance.commit}${other}, by ${provenance.workflow} (says ${provenance.issuer})`,
    ...notes,
  ];
}
