/**
 * Where a commit can be looked at, for repositories of services that we know the addresses of. Nothing but http and https
 * leads anywhere: the address comes from whoever logged the run.
 */
export function commitUrl(repository: string | undefined, commit: string): string | undefined {
  if (repository === undefined || !/^[0-9a-f]{7,64}$/i.test(commit)) return undefined;
  const match =
    /^(?:git@([\w.-]+):|(?:https?|ssh):\/\/(?:[^@/]*@)?([\w.-]+)(?::\d+)?\/)([\w./~-]+?)(?:\.git)?\/?$/.exec(
      repository,
    );
  if (match === null) return undefined;
  const host = match[1] ?? match[2] ?? '';
  const path = match[3] ?? '';
  if (/(^|\.)github\./.test(host)) return `https://${host}/${path}/commit/${commit}`;
  if (/(^|\.)gitlab\./.test(host)) return `https://${host}/${path}/-/commit/${commit}`;
  if (/(^|\.)bitbucket\./.test(host)) return `https://${host}/${path}/commits/${commit}`;
  return undefined;
}
