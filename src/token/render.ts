import type { Paper } from '../kernel/paper.ts';
import type { TokenInspection } from './inspect.ts';
import type { MintedToken } from './mint.ts';

/** The token alone on its line, so that `$(bit token mint … --quiet)` is the token. */
export function renderMinted(out: MintedToken, page: Paper): void {
  if (out.token !== null) page.line(out.token);
  else page.line(`${out.jti} in ${page.safe(out.file ?? '')}`);
}

export function renderInspection(out: TokenInspection, page: Paper): void {
  for (const [name, value] of Object.entries(out.claims)) {
    const text = Array.isArray(value)
      ? value.join(' ')
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value);
    page.line(`${page.style.dim(name.padEnd(7))} ${page.safe(text)}`);
  }
  page.line(`${page.style.dim('signed ')} ${out.key}`);
  page.line(`${page.style.dim('expires')} ${out.expires}`);
  if (out.parents.length > 0) page.line(`${page.style.dim('made of')} ${out.parents.join(' ← ')}`);
  page.line(
    out.refused === null ? page.style.green('it holds here') : page.style.red(page.safe(out.refused)),
  );
}
