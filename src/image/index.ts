/**
 * Image: what the seed calls `.bit-image`. Finds every Dockerfile and Containerfile of a repository, or the services
 * `.bithub.yml` names, builds each in its own context, tests it by running a command inside, pushes only what passed,
 * and writes down what was made:
 *
 *     audit/build_manifest_<tag>.log   for people, as the seed prints it
 *     audit/images_<tag>.json          references of the images that are good
 *     audit/<service>_<tag>.cdx.json   CycloneDX 1.6 bill of materials
 *     audit/<service>_<tag>.intoto.jsonl   in-toto Statement v1 with SLSA provenance v1, in a DSSE envelope
 *     audit/<service>_<tag>.sig.json   where signing was asked for: simple signing payload in a DSSE envelope
 *
 * Envelopes are signed by the Ed25519 key that signs the ledger. Engines are behind one port ({@link Engine}): docker,
 * podman, buildah, whichever proves to work by building and running something.
 */
export { buildImages } from './build.ts';
export type { Engine } from './engine.ts';
export { type EngineReport, type ImageListing, listImages } from './list.ts';
export type { ImageRequest } from './plan.ts';
export { ENGINE_NAMES, type EngineName } from './probe.ts';
export type { ImageBuildResult, ImageOutcome } from './result.ts';
