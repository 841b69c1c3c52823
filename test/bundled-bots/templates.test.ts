import * as assert from 'uvu/assert';
import { bots as auditBots } from '../../plugins/audit/bots.ts';
import { bots as modBots } from '../../plugins/mod/bots.ts';
import { bots as plannerBots } from '../../plugins/planner/bots.ts';
import { bots as policyBots } from '../../plugins/policy/bots.ts';
import { bots as repairBots } from '../../plugins/repair/bots.ts';
import type { Bot } from '../../src/api/index.ts';
import { type BotManifest, mayRun, parseBot } from '../../src/bots/index.ts';
import { BUNDLED } from '../../src/bots/templates-bundled.ts';
import { bundledPlugins } from '../../src/plugins/index.ts';
import { ROOT } from '../plugins/fixture.ts';
import { suite } from '../suite.ts';

const BOTS: readonly Bot[] = [auditBots, modBots, plannerBots, policyBots, repairBots].flat();

/** What `bit bot create from-template` would write, read as it will be. */
function manifestOf({ name, handler, on, capabilities }: (typeof BUNDLED)[number]): BotManifest {
  const list = (lines: readonly string[]): string => lines.map((line) => `  ${line}\n`).join('');
  const asked = capabilities.map((one) => `- ${one}`);
  return parseBot(
    `${name}.yml`,
    `name: ${name}\nhandler: ${handler}\non:\n${list(on)}capabilities:\n${list(asked)}`,
  );
}

suite('the bots that come with bit', (test) => {
  test('are those of the templates, of the list of plugins and of their own modules', () => {
    const names = BOTS.map(({ name }) => name).sort();
    assert.equal(BUNDLED.map(({ name }) => name).sort(), names);
    const listed = bundledPlugins({ root: ROOT, version: '0.0.0', development: true }).flatMap(
      ({ provides }) => provides.bots?.items ?? [],
    );
    assert.equal(listed.map(({ name }) => name).sort(), names);
    for (const { name, description } of BOTS) {
      assert.is(BUNDLED.find((one) => one.name === name)?.description, description, name);
      assert.is(listed.find((one) => one.name === name)?.description, description, name);
    }
  });

  for (const template of BUNDLED) {
    const bot = BOTS.find(({ name }) => name === template.name);
    if (bot === undefined) throw new Error(`no bot ${template.name}`);
    const manifest = manifestOf(template);

    test(`${bot.name}: its template grants nothing that the bot does not ask for`, () => {
      assert.is(template.handler, `bundled:${bot.name}`);
      for (const capability of manifest.capabilities)
        assert.ok(bot.capabilities.includes(capability), capability);
      assert.ok(manifest.capabilities.length > 0);
      assert.not(mayRun(manifest.capabilities, { command: 'push', capability: 'repo:push' }));
    });

    test(`${bot.name}: its template has it hear of what it listens to`, () => {
      for (const { event, kinds = [], ...rest } of manifest.on) {
        const own = bot.on.find(
          (one) => one.event === event && kinds.every((kind) => one.kinds?.includes(kind)),
        );
        assert.ok(own, `${event} ${kinds.join(', ')}`);
        const { event: _, kinds: __, ...wanted } = own;
        assert.equal(rest, { workflows: [], branches: [], paths: [], ...wanted }, event);
      }
      assert.equal(
        [...new Set(manifest.on.map(({ event }) => event))].sort(),
        [...new Set(bot.on.map(({ event }) => String(event)))].sort(),
      );
    });
  }
});
