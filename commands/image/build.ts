import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { count } from '../../src/cli/page.ts';
import { buildImages, ENGINE_NAMES, type ImageBuildResult } from '../../src/image/index.ts';

export default class ImageBuild extends action({
  action: 'image.build',
  event: 'IMAGE_BUILD',
})<ImageBuildResult> {
  static override summary = 'Build, test and push the container images of this repository.';
  static override description =
    'Every Dockerfile and Containerfile, or the services of .bithub.yml, through docker, podman or buildah, whichever works. Each image is tested by a command inside it, and only what passed is pushed. A manifest with digests, a CycloneDX bill of materials and signed SLSA provenance are left in audit/.';
  static override examples = [
    '<%= config.bin %> image build',
    '<%= config.bin %> image build web worker --prefix shop --platform linux/amd64 --platform linux/arm64',
    '<%= config.bin %> image build --push --registry ghcr.io --owner octocat --username octocat --credentials env:BITHUB_TOKEN',
  ];
  static override strict = false;
  static override args = { service: Args.string({ description: 'Services to build; none: all.' }) };
  static override flags = {
    registry: Flags.string({ description: 'Registry the images are named for; ghcr.io.' }),
    owner: Flags.string({ description: "Owner in the registry; the remote's." }),
    prefix: Flags.string({ description: "First part of each image's name." }),
    tag: Flags.string({ description: 'Tag; the time in UTC, 20261121183000.' }),
    platform: Flags.string({ multiple: true, description: 'Platform to build for; may be repeated.' }),
    'build-arg': Flags.string({ multiple: true, description: 'NAME=value for the build; may be repeated.' }),
    'test-command': Flags.string({ description: 'Command to run inside each image.' }),
    push: Flags.boolean({ description: 'Push what passed its test.' }),
    sign: Flags.boolean({
      allowNo: true,
      description: 'Sign each image with your key; with --push, beside it in the registry too.',
    }),
    sbom: Flags.boolean({ allowNo: true, description: 'Write a bill of materials of each.' }),
    provenance: Flags.boolean({ allowNo: true, description: 'Write signed provenance of each.' }),
    cache: Flags.boolean({ allowNo: true, description: 'Keep layers in the registry while pushing.' }),
    'cache-scope': Flags.string({ description: 'Name of that cache.' }),
    retries: Flags.integer({ min: 1, max: 20, description: 'Attempts of each step; 2.' }),
    backoff: Flags.integer({
      min: 0,
      max: 600,
      description: 'Seconds before the second attempt, doubling; 5.',
    }),
    engine: Flags.option({ options: ENGINE_NAMES, description: 'Use this engine and no other.' })(),
    username: Flags.string({ description: 'User name in the registry.' }),
    credentials: Flags.string({ description: "Where the registry's password is: env:NAME or secret:NAME." }),
  };

  protected override effect(reader: Reader, { flags, rest }: Input<typeof ImageBuild>) {
    const { platform, 'build-arg': buildArgs, 'test-command': testCommand, backoff, ...others } = flags;
    const { 'cache-scope': cacheScope, ...same } = others;
    const asked = {
      ...same,
      platforms: platform,
      buildArgs,
      testCommand,
      cacheScope,
      backoffSeconds: backoff,
    };
    const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
    return buildImages(reader, { ...given, services: rest, push: flags.push });
  }

  protected override render(out: ImageBuildResult, page: Page): void {
    for (const image of out.images) {
      const what = image.error === null ? (image.digest ?? '') : page.safe(image.error);
      page.line(`${image.status.toLowerCase().replace('_', ' ')}  ${image.image}  ${what}`);
      if (image.error !== null) page.line(`  log: ${page.safe(image.log)}`);
    }
    page.line(
      `${count(out.images.length - out.failed, 'image')} by ${out.engine.name} ${out.engine.version}; ${out.audit}`,
    );
  }

  protected override exitCode(out: ImageBuildResult): number {
    return out.failed === 0 ? 0 : 1;
  }
}
