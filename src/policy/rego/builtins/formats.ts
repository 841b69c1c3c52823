/** Formats of JSON Schema; one nobody knows says nothing. Every test takes time linear in the text. */
import { isIPv4, isIPv6 } from 'node:net';

const MOST_TEXT = 4096;
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const DATE = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:Z|z|[+-][0-2]\d:[0-5]\d)?$/;

function isHostname(text: string): boolean {
  return text.length <= 253 && text.split('.').every((label) => LABEL.test(label));
}

function isDateTime(text: string): boolean {
  const at = text.search(/[Tt ]/);
  return (
    at > 0 &&
    DATE.test(text.slice(0, at)) &&
    TIME.test(text.slice(at + 1)) &&
    /[Zz]|[+-]\d\d:\d\d$/.test(text)
  );
}

function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  return at > 0 && at <= 64 && /^[^\s@]+$/.test(text.slice(0, at)) && isHostname(text.slice(at + 1));
}

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  date: (text) => DATE.test(text),
  time: (text) => TIME.test(text),
  'date-time': isDateTime,
  hostname: isHostname,
  email: isEmail,
  'idn-email': (text) => /^[^\s@]+@[^\s@]+$/.test(text),
  ipv4: isIPv4,
  ipv6: isIPv6,
  uri: (text) => URL.canParse(text),
  iri: (text) => URL.canParse(text),
  'uri-reference': (text) => URL.canParse(text, 'http://localhost/'),
  'iri-reference': (text) => URL.canParse(text, 'http://localhost/'),
  uuid: (text) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
  'json-pointer': (text) => text === '' || (text.startsWith('/') && !/~(?![01])/.test(text)),
  'relative-json-pointer': (text) => /^(?:0|[1-9]\d*)(?:#|\/.*)?$/s.test(text),
};

export function fitsFormat(format: string, text: string): boolean {
  const test = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  return test === undefined || (text.length <= MOST_TEXT && test(text));
}
