/**
 * Takes secrets out of text that is shown or recorded: the user information of URLs (for ssh only the password: its
 * user is part of the address), token-like query parameters, and authorization headers given with `-c`.
 */
export function maskSecrets(text: string): string {
  return text
    .replace(
      /\b([a-z][a-z0-9+.-]*):\/\/([^\s/@'"<>]*(?:@[^\s/@'"<>]*)*)@/gi,
      (_, scheme: string, user: string) => {
        if (!/ssh/i.test(scheme)) return `${scheme}://***@`;
        const name = user.split(':', 1)[0] ?? '';
        return name === user ? `${scheme}://${user}@` : `${scheme}://${name}:***@`;
      },
    )
    .replace(/([?&](?:[a-z_-]*token|api_?key|password|secret|sig|signature)=)[^&\s'"]+/gi, '$1***')
    .replace(/(authorization:\s*(?:basic|bearer|token)?\s*)[^\s'"]+/gi, '$1***');
}
