/** What versions a model wants, by package, in the order of the file: `numpy` → `==2.3.1`. */
export type Requirements = ReadonlyMap<string, string>;

/** Reads a requirements.txt: packages with their versions; options and comments are left out. */
export function readRequirements(text: string): Requirements {
  const found = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const bare = line.replace(/(^|\s)#.*$/, '').trim();
    // `mlflow[extras]==3.1; python_version > "3"` and `pkg @ https://…`.
    const parts = /^([A-Za-z0-9][\w.-]*)\s*(\[[^\]]*\])?\s*(.*)$/.exec(bare);
    if (parts === null) continue;
    const [, name = '', extras = '', wanted = ''] = parts;
    found.set(`${name.toLowerCase().replaceAll('_', '-')}${extras}`, wanted.replaceAll(/\s+/g, ' '));
  }
  return found;
}
