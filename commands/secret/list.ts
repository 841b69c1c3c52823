import { type Page, Query, type Reader } from '../../src/api/index.ts';
import { listSecrets, type SecretListing } from '../../src/secrets/index.ts';

export default class SecretList extends Query<SecretListing> {
  static override summary = 'List the secrets that count here, by name; never a value.';
  static override examples = ['<%= config.bin %> secret', '<%= config.bin %> secret list --json'];

  protected override async execute(reader: Reader): Promise<SecretListing> {
    return listSecrets(reader);
  }

  protected override render({ secrets }: SecretListing, page: Page): void {
    for (const { name, scope, place, updated } of secrets)
      page.line(`${name}  ${page.style.dim(`${scope}  ${place}  ${updated}`)}`);
    if (secrets.length === 0) page.line(page.style.dim('none; keep one with: bit secret set NAME'));
  }
}
