import type { Reroute, Subscription } from './model.ts';

/** A subscription as a person reads it: `workflow failed of ci on main`. */
export function subscriptionText(subscription: Subscription): string {
  const { event, kinds, workflows, branches, paths, cron, condition } = subscription;
  const part = (before: string, values: readonly string[]): string =>
    values.length === 0 ? '' : ` ${before}${values.join(', ')}`;
  return [
    event,
    part('', kinds),
    cron === undefined ? '' : ` ${cron}`,
    part('of ', workflows),
    part('on ', branches),
    part('in ', paths),
    condition === undefined ? '' : ` if ${condition.trim()}`,
  ].join('');
}

/** `bot mender`, `runner r1`, `profile small`. */
export function rerouteText(reroute: Reroute): string {
  const [[kind, to] = ['', '']] = Object.entries(reroute);
  return `${kind} ${to}`;
}
