import type { ImageContents } from './contents.ts';

export interface Described {
  /** Its full reference. */
  readonly image: string;
  /** `sha256:…` */
  readonly digest: string;
  readonly platform: string;
  readonly created: Date;
}

/** A CycloneDX 1.6 bill of materials: packages by their managers' records, else the files. */
export async function makeSbom(described: Described, contents: ImageContents): Promise<string> {
  const { Enums, Models, Serialize, SPDX, Spec } = await import('@cyclonedx/cyclonedx-library');
  const bom = new Models.Bom();
  const { image, digest, platform } = described;
  const name = image.slice(0, image.lastIndexOf(':'));
  const own = name.slice(name.lastIndexOf('/') + 1);
  const subject = new Models.Component(Enums.ComponentType.Container, name, {
    version: digest,
    purl: `pkg:oci/${own}@${encodeURIComponent(digest)}?arch=${encodeURIComponent(platform)}`,
    bomRef: 'image',
  });
  bom.metadata.component = subject;
  bom.metadata.timestamp = described.created;
  bom.metadata.tools.components.add(
    new Models.Component(Enums.ComponentType.Application, 'bit', { bomRef: 'bit' }),
  );
  for (const item of contents.packages) {
    const component = new Models.Component(Enums.ComponentType.Library, item.name, {
      version: item.version,
      purl: item.purl,
      bomRef: item.purl,
    });
    if (item.licence !== undefined && item.licence !== '') {
      const licence = item.licence.slice(0, 500);
      component.licenses.add(
        SPDX.isSupportedSpdxId(licence) ? new Models.SpdxLicense(licence) : new Models.NamedLicense(licence),
      );
    }
    bom.components.add(component);
    subject.dependencies.add(component.bomRef);
  }
  for (const file of contents.files) {
    const component = new Models.Component(Enums.ComponentType.File, file.path, {
      bomRef: `file:${file.path}`,
    });
    component.hashes.set(Enums.HashAlgorithm['SHA-256'], file.sha256);
    bom.components.add(component);
    subject.dependencies.add(component.bomRef);
  }
  for (const path of contents.unread) subject.properties.add(new Models.Property('bit:unread', path));
  const json = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  return `${new Serialize.JsonSerializer(json).serialize(bom, { sortLists: true, space: 2 })}\n`;
}
