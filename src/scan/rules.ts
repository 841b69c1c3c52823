export interface SecretRule {
  readonly id: string;
  readonly what: string;
  /** Global; bounded repetitions only, so that a hostile line costs linear time. */
  readonly pattern: RegExp;
  /** Lower-case words, one of which a line must hold for the pattern to be tried at all. */
  readonly words: readonly string[];
  /** Capture group that holds the secret (default the whole match): judged for how random it looks. */
  readonly value?: number;
  /** Least Shannon entropy of the value in bits a character. */
  readonly entropy?: number;
}

const rule = (id: string, what: string, words: string, pattern: RegExp): SecretRule => ({
  id,
  what,
  words: words.split(' '),
  pattern,
});

/** Credentials by their own shape, then assignments whose name says secret and whose value looks random. */
export const SECRET_RULES: readonly SecretRule[] = [
  rule(
    'private-key',
    'a private key',
    '-----begin',
    /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g,
  ),
  rule('age-secret-key', 'an age secret key', 'age-secret-key-', /\bAGE-SECRET-KEY-1[A-Z0-9]{50,64}\b/g),
  rule('aws-access-key-id', 'an AWS access key id', 'akia asia', /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g),
  rule('github-token', 'a GitHub token', 'ghp_ gho_ ghu_ ghs_ ghr_', /\bgh[pousr]_[A-Za-z0-9]{36,255}\b/g),
  rule(
    'github-fine-grained-token',
    'a GitHub fine-grained token',
    'github_pat_',
    /\bgithub_pat_[A-Za-z0-9_]{50,255}\b/g,
  ),
  rule('gitlab-token', 'a GitLab token', 'glpat- gldt- glrt-', /\bgl(?:pat|dt|rt)-[A-Za-z0-9_-]{20,64}/g),
  rule('npm-token', 'an npm token', 'npm_', /\bnpm_[A-Za-z0-9]{36}\b/g),
  rule('pypi-token', 'a PyPI token', 'pypi-ageichlwas5vcmc', /\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,500}/g),
  rule('slack-token', 'a Slack token', 'xox', /\bxox[abeoprs]-[A-Za-z0-9-]{10,250}/g),
  rule(
    'slack-webhook',
    'a Slack webhook',
    'hooks.slack.com',
    /hooks\.slack\.com\/services\/T[A-Z0-9]{6,14}\/B[A-Z0-9]{6,14}\/[A-Za-z0-9]{18,32}/g,
  ),
  rule(
    'discord-webhook',
    'a Discord webhook',
    '/api/webhooks/',
    /discord(?:app)?\.com\/api\/webhooks\/[0-9]{16,22}\/[A-Za-z0-9_-]{50,90}/g,
  ),
  rule('google-api-key', 'a Google API key', 'aiza', /\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/g),
  rule(
    'google-oauth-secret',
    'a Google OAuth client secret',
    'gocspx-',
    /\bGOCSPX-[A-Za-z0-9_-]{28}(?![A-Za-z0-9_-])/g,
  ),
  rule('stripe-key', 'a Stripe live key', '_live_', /\b[rs]k_live_[A-Za-z0-9]{20,200}\b/g),
  rule(
    'sendgrid-key',
    'a SendGrid key',
    'sg.',
    /\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g,
  ),
  rule('anthropic-key', 'an Anthropic key', 'sk-ant-', /\bsk-ant-[A-Za-z0-9_-]{32,200}/g),
  rule(
    'openai-key',
    'an OpenAI key',
    'sk-',
    /\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,80}T3BlbkFJ[A-Za-z0-9_-]{20,80}/g,
  ),
  rule('huggingface-token', 'a Hugging Face token', 'hf_', /\bhf_[A-Za-z]{34}\b/g),
  rule('digitalocean-token', 'a DigitalOcean token', 'dop_v1_ doo_v1_', /\bdo[op]_v1_[a-f0-9]{64}\b/g),
  rule(
    'telegram-bot-token',
    'a Telegram bot token',
    ':aa',
    /\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/g,
  ),
  rule('azure-storage-key', 'an Azure storage key', 'accountkey=', /\bAccountKey=[A-Za-z0-9+/]{86}==/g),
  {
    ...rule(
      'json-web-token',
      'a JSON web token',
      'eyj',
      /\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{20,2000}/g,
    ),
  },
  {
    ...rule(
      'aws-secret-key',
      'an AWS secret access key',
      'aws',
      /\baws[a-z_ -]{0,24}(?:secret|access)[a-z_ -]{0,16}['"]?\s{0,4}(?:=|:|=>)\s{0,4}['"]?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
    ),
    value: 1,
    entropy: 3.5,
  },
  {
    ...rule(
      'password-in-url',
      'a password in a URL',
      '://',
      /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/@:'"<>${}]{1,100}:([^\s/@'"<>${}]{6,200})@/gi,
    ),
    value: 1,
    entropy: 2.5,
  },
  {
    ...rule(
      'assigned-secret',
      'a value that looks random under a name that says secret',
      'passw pwd secret token apikey api_key api-key credential private_key auth',
      /(?:passw(?:or)?d|pwd|secret|token|api[_-]?key|credential|private[_-]?key|auth)[A-Za-z0-9_-]{0,32}['"]?\s{0,4}(?:=|:|:=|=>)\s{0,4}['"]([A-Za-z0-9+/=_!@#%^&*~.-]{16,200})['"]/gi,
    ),
    value: 1,
    entropy: 3.6,
  },
];
