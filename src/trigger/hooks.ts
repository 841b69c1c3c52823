import { type HookName, type HookPart, type HookPlace, settlePart } from '../hooks/index.ts';
import { type EventName, HOOKS_OF, type Trigger } from './model.ts';

/** Hooks that triggers may have a part in. */
export const TRIGGER_HOOKS: readonly HookName[] = Object.values(HOOKS_OF);

export function hooksFor(triggers: readonly Trigger[]): ReadonlyMap<HookName, EventName> {
  const wanted = new Map<HookName, EventName>();
  for (const { on } of triggers)
    for (const event of on) {
      const hook = HOOKS_OF[event];
      if (hook !== undefined) wanted.set(hook, event);
    }
  return wanted;
}

/** Makes the hooks what these triggers need: there while one of them needs it, gone after. */
export function settleTriggerHooks(
  place: HookPlace,
  triggers: readonly Trigger[],
  self: readonly string[],
): void {
  if (place.folder === undefined) return;
  const wanted = hooksFor(triggers);
  for (const hook of TRIGGER_HOOKS) {
    const event = wanted.get(hook);
    settlePart(place.folder, hook, 'trigger', event === undefined ? undefined : partOf(event, self));
  }
}

/**
 * Leaves the event as a file and starts `bit trigger fire`, which no one waits for. Inside a workflow the run itself looks
 * at its end: what a step leaves behind would end with it.
 */
function partOf(event: EventName, self: readonly string[]): HookPart {
  const { when, facts } = TOLD[event] ?? { when: 'true', facts: ':' };
  const script = `told() { ${facts}; }
if ${when}; then
  triggers="$(git rev-parse --git-common-dir)/bit/triggers"
  event="$triggers/spool/$(date +%s)-$$-${event}"
  if (umask 077; mkdir -p "$triggers/spool" && {
      printf '${event}\\t%s\\t%s\\n' "\${BIT_OPERATION:-$BIT_RUN_OPERATION}" "\${1-}"; told
    } > "$event.part" && mv "$event.part" "$event.event") && [ -z "$BIT_RUN_OPERATION" ]; then
    (
      unset $(git rev-parse --local-env-vars) BIT_OPERATION
      exec </dev/null >>"$triggers/fire.log" 2>&1
      trap '' HUP
      ${self.map(quoted).join(' ')} trigger fire &
    )
  fi
fi
`;
  return { when: 'last', script };
}

interface Telling {
  /** Shell condition. */
  readonly when: string;
  /** Prints a line a ref. */
  readonly facts: string;
}

const HEAD = 'git rev-parse HEAD; git symbolic-ref -q HEAD || :';

const TOLD: Readonly<Partial<Record<EventName, Telling>>> = {
  commit: { when: 'true', facts: HEAD },
  merge: { when: 'true', facts: HEAD },
  // one that the hook of before refuses is none
  push: { when: '[ "$status" -eq 0 ]', facts: `printf '%s\\n' "$input"` },
  tag: {
    when: `[ "$1" = committed ] && printf '%s\\n' "$input" | grep -q ' refs/tags/'`,
    facts: `printf '%s\\n' "$input" | grep ' refs/tags/'`,
  },
};

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
