import { type ArtifactPath, parseArtifactPath } from '../objects/artifact-path.ts';

/**
 * Where a file lies among all files of the server. Artifacts lie under their own paths. What is no artifact lies in a
 * tree of its own, whose name no path that a user writes can have: `parseArtifactPath` refuses `#`.
 */
export type TreePath = ArtifactPath;

export type Tree = 'volumes' | 'workspace' | 'dbfs-blocks';

/** The path of something in a tree: below the folder that an id of ours names. */
export function inTree(tree: Tree, id: string | number, path: ArtifactPath | '' = ''): TreePath {
  const folder = `#${tree}/${parseArtifactPath(String(id))}`;
  return (path === '' ? folder : `${folder}/${path}`) as TreePath;
}

/** The id under which a path lies in a tree; undefined for what lies elsewhere. */
export function idInTree(tree: Tree, path: TreePath): string | undefined {
  const [root, id] = path.split('/', 2);
  return root === `#${tree}` ? id : undefined;
}

/** Reads what was written by us and is proven to be: artifacts and trees alike. @throws AppError InvalidArgument */
export function parseTreePath(text: string): TreePath {
  const [, tree, rest] = /^#(volumes|workspace|dbfs-blocks)\/(.+)$/s.exec(text) ?? [];
  if (tree === undefined || rest === undefined) return parseArtifactPath(text);
  return `#${tree}/${parseArtifactPath(rest)}` as TreePath;
}
