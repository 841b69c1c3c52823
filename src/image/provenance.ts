import type { JsonObject } from '../kernel/json.ts';

export const STATEMENT_TYPE = 'application/vnd.in-toto+json';
/** What a signature of an image speaks of (containers/image "simple signing", as cosign has it). */
export const SIMPLE_SIGNING_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json';

/** How `docs/images.md` describes what these parameters mean. */
export const BUILD_TYPE = 'urn:bithub:image-build:v1';

export interface Built {
  readonly image: string;
  readonly digest: string;
  readonly context: string;
  readonly dockerfile: string;
  readonly platform: string;
  /** Names only: values may be secrets. */
  readonly buildArgs: readonly string[];
  readonly engine: { readonly name: string; readonly version: string };
  /** The operation's id in the ledger. */
  readonly operation: string;
  readonly started: Date;
  readonly finished: Date;
  readonly source: Source;
}

export interface Source {
  /** `git+https://…`, without credentials; null where there is no remote. */
  readonly repository: string | null;
  readonly commit: string | null;
  /** The tree held changes that are in no commit. */
  readonly modified: boolean;
}

/** An in-toto Statement v1 with SLSA Provenance v1 of one image. */
export function makeProvenance(built: Built): JsonObject {
  const { source } = built;
  const uri = source.repository === null ? 'git+file:.' : `git+${source.repository}`;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [subjectOf(built.image, built.digest)],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: {
          context: built.context,
          dockerfile: built.dockerfile,
          platform: built.platform,
          buildArgs: [...built.buildArgs],
        },
        internalParameters: {
          engine: { ...built.engine },
          modified: source.modified,
        },
        resolvedDependencies: source.commit === null ? [] : [{ uri, digest: { gitCommit: source.commit } }],
      },
      runDetails: {
        builder: { id: 'urn:bithub:bit' },
        metadata: {
          invocationId: built.operation,
          startedOn: built.started.toISOString(),
          finishedOn: built.finished.toISOString(),
        },
      },
    },
  };
}

/** The document that is signed when an image is. */
export function simpleSigning(image: string, digest: string): JsonObject {
  return {
    critical: {
      identity: { 'docker-reference': image },
      image: { 'docker-manifest-digest': digest },
      type: 'cosign container image signature',
    },
    optional: null,
  };
}

function subjectOf(image: string, digest: string): JsonObject {
  const name = image.slice(0, image.lastIndexOf(':'));
  return { name, digest: { sha256: digest.slice('sha256:'.length) } };
}
