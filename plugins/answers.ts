/** What `bit` answered a bot, taken apart; the bots that come with `bit` share it. */
import type { BitAnswer, Json, JsonObject } from '@bithub/cli';

/** Why a command did not do what it was asked to: the first line of its error. */
export function why({ json, stderr, status }: BitAnswer): string {
  const error = isObject(json) ? json['error'] : undefined;
  const message = isObject(error) ? String(error['message']) : stderr;
  return message.trim().split('\n')[0] || `exit ${status}`;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a list; none where it is no list. */
export function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : [];
}
