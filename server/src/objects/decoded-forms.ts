/** As many rounds as the real server decodes before it gives a text up. */
const MAX_ROUNDS = 10;

/**
 * The text and everything that repeated percent-decoding makes of it, until it stops changing. A rule about paths is
 * asked of every form, because a later reader may decode once more than the first (CVE-2024-1560).
 * `undefined` when the text still changes after ten rounds.
 */
export function decodedForms(text: string): string[] | undefined {
  const forms = [text];
  for (let form = text; ; ) {
    const decoded = percentDecoded(form);
    if (decoded === form) return forms;
    if (forms.length > MAX_ROUNDS) return undefined;
    forms.push(decoded);
    form = decoded;
  }
}

/** Lenient, as Python's `unquote`: what is no escape stays as it is, bytes that are no UTF-8 become U+FFFD. */
export function percentDecoded(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}

/** The parts between separators; a backslash separates too, because on some systems it does. */
export const pathParts = (path: string): string[] => path.split(/[/\\]/);

/** Characters below the space, NUL among them, and DEL. */
export function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
