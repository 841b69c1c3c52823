/** Numbers as GitHub's runner reads and writes them. */

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const DIGITS = 15;

/** A text as a number: decimal, `0x` hexadecimal, `0o` octal; blank is 0, anything else NaN. */
export function numberFrom(text: string): number {
  const trimmed = text.trim();
  if (trimmed === '') return 0;
  if (/^0x[0-9a-f]+$/i.test(trimmed) || /^0o[0-7]+$/i.test(trimmed)) return Number(trimmed);
  if (/^[+-]?Infinity$/.test(trimmed)) return trimmed.startsWith('-') ? -Infinity : Infinity;
  return DECIMAL.test(trimmed) ? Number(trimmed) : Number.NaN;
}

/** Fifteen significant digits at the most; `1E+15` and `1E-05` from there on; -0 is `0`. */
export function numberText(value: number): string {
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return String(value);
  const [mantissa = '', power = '0'] = value.toExponential(DIGITS - 1).split('e');
  const exponent = Number(power);
  const digits = mantissa.replace(/^-/, '').replace('.', '').replace(/0+$/, '');
  const sign = value < 0 ? '-' : '';
  if (exponent >= DIGITS || exponent < -4) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${digits[0]}${fraction}E${exponent < 0 ? '-' : '+'}${size}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
