/**
 * `attachment` under a name, for old readers in ASCII and for all others as RFC 8187 has it, so that neither quotes
 * nor line breaks of the name reach the header.
 */
export function renderAttachment(fileName: string): string {
  const ascii = fileName.replace(/[^\x20-\x7e]|["\\]/g, '_');
  const encoded = encodeURIComponent(fileName.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
