import type { TagObject } from './index.ts';

/** A tag object's text (gitformat: headers, an empty line, the message with its signature behind). */
export function parseTagObject(text: string): TagObject {
  const gap = text.indexOf('\n\n');
  const head = gap < 0 ? text : text.slice(0, gap);
  const message = gap < 0 ? '' : text.slice(gap + 2);
  const [, seconds, zone = '+0000'] = /^tagger .*> (\d{1,15}) ([+-]\d{4})$/m.exec(head) ?? [];
  const signature = message.search(/^-----BEGIN (?:PGP|SSH) (?:SIGNATURE|MESSAGE)-----$/m);
  const said = signature < 0 ? message : message.slice(0, signature);
  const [subject = ''] = said.trimStart().split(/\n\s*\n/, 1);
  return {
    subject: subject.trim().replaceAll('\n', ' '),
    date: seconds === undefined ? '' : inZone(Number(seconds), zone),
    signed: signature >= 0,
  };
}

/** RFC 3339 in the tagger's own zone, as git prints it. */
function inZone(seconds: number, zone: string): string {
  const minutes = (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3)));
  const local = new Date((seconds + minutes * 60) * 1000).toISOString().slice(0, 19);
  return `${local}${zone.slice(0, 3)}:${zone.slice(3)}`;
}
