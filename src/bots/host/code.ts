import { BitError } from '../../kernel/errors.ts';
import type { Writer } from '../../operation/index.ts';
import { installedPlugins, type Plugin } from '../../plugins/index.ts';
import type { BotHandler } from '../model.ts';
import type { HandlerCode } from './handling.ts';

type Brought = Exclude<BotHandler, { readonly kind: 'script' }>;

/** @throws BitError `not-found` where no plugin that is installed here, or comes with `bit`, brings it */
export function codeOf(
  writer: Pick<Writer, 'userDirectory'>,
  bundled: readonly Plugin[],
  handler: Brought,
): HandlerCode {
  return codeAmong(installedPlugins(writer, { bundled }), handler);
}

/** @throws BitError `not-found` */
export function codeAmong(plugins: readonly Plugin[], handler: Brought): HandlerCode {
  const brings = (plugin: Plugin): boolean =>
    plugin.provides.bots?.items.some((item) => item.name === handler.bot) === true;
  const plugin = plugins.find((one) =>
    handler.kind === 'bundled' ? one.bundled && brings(one) : one.name === handler.package && brings(one),
  );
  const module = plugin?.provides.bots?.module;
  if (plugin !== undefined && module !== undefined) return { directory: plugin.directory, module };
  if (handler.kind === 'bundled') throw new BitError('not-found', `bit brings no bot ${handler.bot}`);
  throw new BitError('not-found', `no installed plugin brings plugin:${handler.package}#${handler.bot}`, {
    hint: `install it with: bit ext install ${handler.package}`,
  });
}
