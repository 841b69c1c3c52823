import { BitError } from '../kernel/errors.ts';
import { compileGlob } from '../kernel/glob.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';

/** What a directive of `support.userDirectives` does where its `when` holds. */
export type DirectiveEffect =
  /** `orchestration.disable(workflow='.tests-*')`: workflows, actions or flows whose name matches stay out. */
  | {
      readonly kind: 'switch';
      readonly on: boolean;
      readonly of: 'workflow' | 'action' | 'flow';
      readonly pattern: string;
    }
  /** `bots.repair.enable=true` */
  | { readonly kind: 'bot'; readonly bot: string; readonly on: boolean };

const SWITCH = /^orchestration\s*\.\s*([A-Za-z_]+)\s*\(\s*([A-Za-z_]+)\s*=\s*'([^']{1,200})'\s*\)$/;
const BOT = /^bots\s*\.\s*([A-Za-z0-9_-]{1,63})\s*\.\s*enable\s*=\s*(true|false)$/;

/** @throws BitError `usage` naming what it can be */
export function parseDirectiveEffect(text: string): DirectiveEffect {
  const said = text.trim();
  const bot = BOT.exec(said);
  if (bot !== null) return { kind: 'bot', bot: bot[1] ?? '', on: bot[2] === 'true' };
  const [, verb = '', of = '', pattern = ''] = SWITCH.exec(said) ?? [];
  if (pattern === '') {
    throw wrong(
      text,
      "orchestration.disable(workflow='…'), orchestration.enable(workflow='…') or bots.NAME.enable=true",
    );
  }
  if (verb !== 'disable' && verb !== 'enable')
    throw wrong(text, `orchestration.disable or .enable`, nearest(verb, ['disable', 'enable']));
  // a gate is not for a directive to take away
  if (of !== 'workflow' && of !== 'action' && of !== 'flow')
    throw wrong(text, 'workflow, action or flow', nearest(of, ['workflow', 'action', 'flow']));
  return { kind: 'switch', on: verb === 'enable', of, pattern };
}

function wrong(text: string, wanted: string, near: readonly string[] = []): BitError {
  return new BitError('usage', `${printable(shorten(text))} is no effect: ${wanted}`, {
    ...(near.length > 0 ? { hint: `did you mean: ${near.join(', ')}` } : {}),
  });
}

/** The last directive that speaks of it decides; undefined where none does. */
export function switchedBy<Source extends { readonly effect: DirectiveEffect }>(
  directives: readonly Source[],
  of: 'workflow' | 'action' | 'flow',
  name: string,
): Source | undefined {
  return directives.findLast(
    ({ effect }) => effect.kind === 'switch' && effect.of === of && compileGlob(effect.pattern)(name),
  );
}
