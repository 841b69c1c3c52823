import type { Attached } from './attach.ts';

/** What became of one image. */
export interface ImageOutcome {
  readonly service: string;
  readonly image: string;
  readonly context: string;
  readonly dockerfile: string;
  readonly platforms: readonly string[];
  /** As the seed's manifest calls them; SIGN_FAILED: it was pushed, and its signature could not be put beside it. */
  readonly status: 'BUILT' | 'BUILD_FAILED' | 'TEST_FAILED' | 'PUSH_FAILED' | 'SIGN_FAILED';
  /** Why, for what is not BUILT. */
  readonly error: string | null;
  /** `sha256:…` of the configuration, of the local platform. */
  readonly id: string | null;
  /** Of the manifest: the registry's where it was pushed. */
  readonly digest: string | null;
  /** Bytes of the layers. */
  readonly size: number | null;
  readonly testCommand: string;
  readonly pushed: boolean;
  readonly signed: boolean;
  /** Paths relative to the root. */
  readonly sbom: string | null;
  readonly provenance: string | null;
  readonly signature: string | null;
  /** The signature in the registry, of one that was pushed and signed. */
  readonly attached: Attached | null;
  readonly log: string;
  /** RFC 3339. */
  readonly finished: string;
}

export interface ImageBuildResult {
  readonly engine: { readonly name: string; readonly version: string };
  readonly images: readonly ImageOutcome[];
  readonly failed: number;
  /** Paths relative to the root. */
  readonly audit: string;
  readonly imagesJson: string;
}
