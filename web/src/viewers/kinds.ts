/** How a file is shown. */
export type FileKind =
  | 'image'
  | 'svg'
  | 'video'
  | 'audio'
  | 'text'
  | 'json'
  | 'delimited'
  | 'parquet'
  | 'html'
  | 'pdf'
  | 'markdown'
  | 'notebook'
  | 'mlmodel'
  | 'pickle'
  | 'unknown';

const KINDS: Readonly<Record<string, FileKind>> = Object.fromEntries(
  (
    [
      ['image', 'png jpg jpeg gif webp avif apng bmp ico'],
      ['svg', 'svg'],
      ['video', 'mp4 m4v webm mov ogv'],
      ['audio', 'mp3 wav ogg oga opus flac m4a aac weba'],
      ['json', 'json geojson webmanifest har'],
      ['delimited', 'csv tsv'],
      ['parquet', 'parquet pq'],
      ['html', 'html htm'],
      ['pdf', 'pdf'],
      ['markdown', 'md markdown'],
      ['notebook', 'ipynb'],
      ['pickle', 'pkl pickle joblib cloudpickle'],
      [
        'text',
        'txt log out err text py pyi js mjs cjs ts tsx jsx yaml yml toml ini cfg conf env properties sh bash zsh sql xml xsl css scss jsonl ndjson r rs go java kt scala c h cc cpp hpp cs jl lua pl rb swift m mm dockerfile makefile mk diff patch proto graphql tf rst tex bib lock gitignore vtt srt',
      ],
    ] as const
  ).flatMap(([kind, endings]) => endings.split(' ').map((ending) => [ending, kind] as const)),
);

/** Files without an ending whose name says what they are. */
const NAMES: Readonly<Record<string, FileKind>> = {
  mlmodel: 'mlmodel',
  mlproject: 'text',
  dockerfile: 'text',
  makefile: 'text',
  license: 'text',
  readme: 'text',
};

export function kindOf(path: string): FileKind {
  const name = nameOf(path).toLowerCase();
  if (Object.hasOwn(NAMES, name)) return NAMES[name]!;
  const ending = endingOf(name);
  return ending !== undefined && Object.hasOwn(KINDS, ending) ? KINDS[ending]! : 'unknown';
}

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** What follows the last dot, in small letters; undefined without one. */
function endingOf(name: string): string | undefined {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? undefined : name.slice(dot + 1).toLowerCase();
}

/** highlight.js's names of languages, by the endings of files. */
const LANGUAGES: Readonly<Record<string, string>> = {
  py: 'python',
  pyi: 'python',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  ts: 'typescript',
  tsx: 'typescript',
  json: 'json',
  geojson: 'json',
  jsonl: 'json',
  ndjson: 'json',
  ipynb: 'json',
  yaml: 'yaml',
  yml: 'yaml',
  mlmodel: 'yaml',
  mlproject: 'yaml',
  toml: 'ini',
  ini: 'ini',
  cfg: 'ini',
  conf: 'ini',
  env: 'ini',
  properties: 'ini',
  sh: 'bash',
  bash: 'bash',
  zsh: 'bash',
  sql: 'sql',
  xml: 'xml',
  html: 'xml',
  htm: 'xml',
  svg: 'xml',
  css: 'css',
  scss: 'css',
  md: 'markdown',
  markdown: 'markdown',
  r: 'r',
  rs: 'rust',
  go: 'go',
  java: 'java',
  scala: 'scala',
  c: 'cpp',
  h: 'cpp',
  cc: 'cpp',
  cpp: 'cpp',
  hpp: 'cpp',
  dockerfile: 'dockerfile',
  makefile: 'makefile',
  mk: 'makefile',
  diff: 'diff',
  patch: 'diff',
};

export function languageOf(path: string): string | undefined {
  const name = nameOf(path).toLowerCase();
  const key = endingOf(name) ?? name;
  return Object.hasOwn(LANGUAGES, key) ? LANGUAGES[key] : undefined;
}
