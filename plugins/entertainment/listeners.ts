/**
 * Entertainment: what the mesh's EVENT_EMIT celebrates after a job, for every action on this machine that succeeded.
 * Off until switched on. The same operation always gets the same dragon: everything is drawn from its id.
 */
import type { Listener, OutcomeEvent } from '@bithub/cli';

const DRAGONS = [
  '(>*_*)>~~~ DRAGON ROAR ~~~<(*_*<)',
  '<(^_^)>  ~<=====> PHOENIX RISES <=====>~  <(^_^)>',
  '\\(o_o)/  ***  COMET PASSES  ***  \\(o_o)/',
  "(づ｡◕‿‿◕｡)づ  .·'  LANTERNS LIT  '·.",
  '[o_o]>--  GOLEM NODS  --<[o_o]',
];
const MOODS = ['radiant', 'serene', 'electric', 'whimsical', 'triumphant', 'luminous'];
const PLACES = ['the Glass Archive', 'Phoenix Gate', 'the Tide Library', 'Ember Terrace', 'the Quiet Forge'];
const HEROES = [
  'a wandering compiler',
  'the keeper of branches',
  'two patient dragons',
  'a clockwork scribe',
];

/** The last member of a ULID's random part is as good as a die. */
function draw<Item>(items: readonly [Item, ...Item[]] | readonly Item[], op: string, salt: number): Item {
  let sum = salt;
  for (const character of op) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return items[sum % items.length] as Item;
}

function mood(event: OutcomeEvent): string {
  return draw(MOODS, event.op, 1);
}

const magicLol: Listener = {
  name: 'magic.lol',
  description: 'An ASCII celebration on stderr after an action that succeeded.',
  on: 'outcome',
  handle(event, out) {
    if (event.ok) out.line(`[magic.lol] ${draw(DRAGONS, event.op, 2)}`);
  },
};

const creativeEnjoyments: Listener = {
  name: 'creative.enjoyments',
  description: 'A short lore card in .bithub/ledger/lore.log.',
  on: 'outcome',
  handle(event, out) {
    if (!event.ok) return;
    const where = draw(PLACES, event.op, 3);
    const who = draw(HEROES, event.op, 4);
    out.card({
      event: 'lore',
      job: event.op,
      mood: mood(event),
      ts: event.ts,
      card: `At ${where}, ${who} wrote down: ${event.summary}.`,
    });
  },
};

const fanAsiaCreate: Listener = {
  name: 'fan.asia.create',
  description: 'A world-event cue, an EVENT_EMIT message in .bithub/ledger/lore.log.',
  on: 'outcome',
  handle(event, out) {
    if (!event.ok) return;
    out.card({
      type: 'EVENT_EMIT',
      schema: 'bithub.mesh.event.emit.v1',
      msg_id: `M-${event.op}`,
      sender: 'aln://runner/local',
      ts: event.ts,
      payload: {
        source: 'aln://runner/local',
        event: 'fan.asia.create',
        tags: ['success', 'world-event', event.event.toLowerCase()],
        context: { job_id: event.op, mood: mood(event), place: draw(PLACES, event.op, 3) },
      },
    });
  },
};

export const listeners: readonly Listener[] = [magicLol, creativeEnjoyments, fanAsiaCreate];
