/** Lists of texts within one search parameter: `m.acc~p.lr`, with `!` before a `~` or `!` that belongs to a text. */

export function writeTexts(texts: readonly string[]): string {
  return texts.map((text) => text.replace(/[!~]/g, '!$&')).join('~');
}

export function readTexts(written: string): readonly string[] {
  const texts: string[] = [];
  let text = '';
  for (let i = 0; i < written.length; i++) {
    const letter = written[i]!;
    if (letter === '~') {
      texts.push(text);
      text = '';
    } else if (letter === '!' && i + 1 < written.length) {
      i += 1;
      text += written[i];
    } else text += letter;
  }
  return [...texts, text].filter((one) => one !== '');
}
