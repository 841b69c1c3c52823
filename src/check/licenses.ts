import { createRequire } from 'node:module';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import { readInstalled, readLock } from './installed.ts';
import { type CheckFinding, type OneCheck, verdict, without } from './model.ts';

const require = createRequire(import.meta.url);
const LONGEST = 500;

type Expression =
  | { readonly license: string; readonly plus?: boolean; readonly exception?: string }
  | { readonly conjunction: 'and' | 'or'; readonly left: Expression; readonly right: Expression };

export interface LicenseTerms {
  /** Undefined: every licence that is not denied. */
  readonly allow: readonly string[] | undefined;
  readonly deny: readonly string[];
}

/** Of `policy.compliance`. @throws BitError `usage` for what is no SPDX identifier */
export function licenseTerms(policy: JsonObject): LicenseTerms {
  const compliance = policy['compliance'];
  const given = isJsonObject(compliance) ? compliance : {};
  const list = (key: string): string[] | undefined => {
    const value = given[key];
    if (value === undefined || value === null) return undefined;
    const names = Array.isArray(value)
      ? value.filter((item): item is string => typeof item === 'string')
      : [];
    for (const name of names) {
      const parsed = parseLicense(name);
      if (parsed === undefined || 'conjunction' in parsed)
        throw new BitError(
          'usage',
          `.bithub.yml: policy.compliance.${key}: ${printable(shorten(name))} is no SPDX licence`,
          {
            hint: 'identifiers are those of spdx.org/licenses: MIT, Apache-2.0, GPL-3.0-only',
          },
        );
    }
    return names;
  };
  return { allow: list('licensesAllow'), deny: list('licensesDeny') ?? [] };
}

/** Undefined for what is no SPDX expression. */
export function parseLicense(text: string): Expression | undefined {
  if (text.length > LONGEST) return undefined;
  try {
    return (require('spdx-expression-parse') as (source: string) => Expression)(text);
  } catch {
    return undefined;
  }
}

/** Whether it can be taken under licences that are all allowed and none denied: of `OR` one side is enough. */
export function isLicenseFit(expression: Expression, terms: LicenseTerms): boolean {
  if ('conjunction' in expression) {
    const sides = [expression.left, expression.right];
    const fits = (side: Expression): boolean => isLicenseFit(side, terms);
    return expression.conjunction === 'or' ? sides.some(fits) : sides.every(fits);
  }
  const satisfies = require('spdx-satisfies') as (expression: string, approved: string[]) => boolean;
  const exception = expression.exception === undefined ? '' : ` WITH ${expression.exception}`;
  const text = `${expression.license}${expression.plus === true ? '+' : ''}${exception}`;
  const among = (list: readonly string[]): boolean => {
    try {
      return list.includes(text) || list.includes(expression.license) || satisfies(text, [...list]);
    } catch {
      return list.includes(text);
    }
  };
  if (terms.deny.length > 0 && among(terms.deny)) return false;
  return terms.allow === undefined || among(terms.allow);
}

/** Licences of what is installed, else of what the lock file says will be. */
export function checkLicenses(root: string, policy: JsonObject): OneCheck {
  const terms = licenseTerms(policy);
  const installed = readInstalled(root);
  const packages = installed.length > 0 ? installed : (readLock(root) ?? []);
  if (packages.length === 0)
    return without('licenses', 'skipped', 'no package is installed, and there is no package-lock.json');
  const stated = terms.allow !== undefined || terms.deny.length > 0;
  const findings = packages.flatMap((one): CheckFinding[] => {
    const expression = one.license === undefined ? undefined : parseLicense(one.license);
    if (expression !== undefined && isLicenseFit(expression, terms)) return [];
    const name = `${one.name} ${one.version}`.trim();
    const at = { check: 'licenses', path: one.path, line: one.line, column: 1 } as const;
    if (expression === undefined) {
      const said =
        one.license === undefined
          ? 'names no licence'
          : `says '${printable(shorten(one.license))}', which is no SPDX expression`;
      // under a list of what is allowed, nothing is what is not told
      return [
        {
          ...at,
          level: terms.allow === undefined ? 'warning' : 'error',
          rule: 'license-unknown',
          message: `${name} ${said}`,
        },
      ];
    }
    return [
      {
        ...at,
        level: 'error',
        rule: 'license-denied',
        message: `${name} is under ${printable(one.license ?? '')}, which policy.compliance does not allow`,
      },
    ];
  });
  return {
    check: 'licenses',
    outcome: verdict(findings),
    looked: packages.length,
    findings,
    ...(stated ? {} : { note: 'policy.compliance in .bithub.yml denies no licence' }),
  };
}
