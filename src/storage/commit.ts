import type { JsonObject } from '../kernel/json.ts';
import type { Stored } from './driver.ts';

/** What the ledger says of something kept: the payload of an ARTIFACT_COMMIT entry. */
export interface ArtifactCommit extends JsonObject {
  readonly event: 'ARTIFACT_COMMIT';
  readonly uri: string;
  readonly sha256: string;
  readonly size: number;
  readonly chunks: number;
}

export function artifactCommit({ uri, sha256, size, chunks }: Stored): ArtifactCommit {
  return { event: 'ARTIFACT_COMMIT', uri, sha256, size, chunks };
}
