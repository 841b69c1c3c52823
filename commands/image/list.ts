import { Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type ImageListing, listImages } from '../../src/image/index.ts';

export default class ImageList extends Query<ImageListing> {
  static override summary = 'List the images this repository builds.';
  static override examples = ['<%= config.bin %> image list', '<%= config.bin %> image list --engines'];
  static override flags = {
    engines: Flags.boolean({ description: 'Try which container engines work here.' }),
  };

  protected override execute(reader: Reader, { flags }: Input<typeof ImageList>) {
    return listImages(reader, { engines: flags.engines });
  }

  protected override render(out: ImageListing, page: Page): void {
    for (const { service, dockerfile, context } of out.images)
      page.line(`${page.safe(service)}  ${page.safe(dockerfile)} in ${page.safe(context)}`);
    if (out.images.length === 0) page.line('there is no Dockerfile or Containerfile here');
    for (const { name, works, version, lacks } of out.engines)
      page.line(works ? `${name} ${version} works` : `${name} can't be used: ${page.safe(lacks ?? '')}`);
  }
}
