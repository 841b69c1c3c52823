import type { Finding } from './index.ts';
import { MARKER, scanText } from './line.ts';

/** More text than this is scanned by our own rules only, which take linear time whatever it holds. */
const MOST_CHARACTERS = 1 << 20;
const PRESET = '@secretlint/secretlint-rule-preset-recommend';

/**
 * Secrets in the text of a file: by our own rules, and by secretlint's, which know more services. What both see is told
 * once. The secret itself is in no finding.
 */
export async function scanSecrets(path: string, text: string): Promise<Finding[]> {
  const own = scanText(path, text);
  if (text.length > MOST_CHARACTERS) return own;
  const lines = text.split('\n');
  const others = (await lint(path, text)).filter(({ line, column }) => {
    if (lines[line - 1]?.includes(MARKER) === true) return false;
    return !own.some((finding) => finding.line === line && Math.abs(finding.column - column) <= 40);
  });
  return [...own, ...others].sort((a, b) => a.line - b.line || a.column - b.column);
}

async function lint(path: string, text: string): Promise<Finding[]> {
  const [{ lintSource }, { creator }] = await Promise.all([
    import('@secretlint/core'),
    import('@secretlint/secretlint-rule-preset-recommend'),
  ]);
  const { messages } = await lintSource({
    source: { content: text, filePath: path, ext: /\.[^./]*$/.exec(path)?.[0] ?? '', contentType: 'text' },
    options: {
      locale: 'en',
      noPhysicFilePath: true,
      maskSecrets: true,
      config: { rules: [{ id: PRESET, rule: creator }] },
    },
  });
  return messages
    .filter((message) => message.type === 'message' && message.severity === 'error')
    .map((message) => ({
      path,
      line: message.loc.start.line,
      column: message.loc.start.column + 1,
      rule: `secretlint-${message.ruleId.replace(/^.*secretlint-rule-/, '')}`,
      message: `looks like ${what(message.message)}`,
    }));
}

/** `found GitHub Token(****): ****` without the stars. */
function what(message: string): string {
  const name = /^(?:found|Found)\s{1,5}([^:*(]{1,80})/.exec(message)?.[1]?.trim();
  return name === undefined || name === '' ? 'a credential' : `a credential: ${name}`;
}
