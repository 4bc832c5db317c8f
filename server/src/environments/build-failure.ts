import { EnvironmentFailure, type EnvironmentSpec, type Requirement } from './environments.ts';
import { renderRequirement } from './requirements.ts';

/** What a requirement alone gives: whether it can be had, and what uv wrote. */
export type AloneCheck = (
  requirement: Requirement,
) => Promise<{ readonly ok: boolean; readonly text: string }>;

const KEPT_LOG_CHARACTERS = 4000;
const QUOTED_CHARACTERS = 400;

/**
 * What uv's words mean for the owner of a model. The requirement is told by name: the only one that uv speaks of, else
 * the first that cannot be had alone.
 */
export async function explainFailure(
  text: string,
  spec: EnvironmentSpec,
  checkAlone: AloneCheck,
): Promise<EnvironmentFailure> {
  const log = text.slice(-KEPT_LOG_CHARACTERS);
  if (/No space left on device|os error 28/.test(text))
    return new EnvironmentFailure('Unavailable', 'The disk for Python environments is full.', { log });
  const offline = /network was disabled|--offline/.test(text);
  if (!offline && isNetworkTrouble(text))
    return new EnvironmentFailure(
      'Unavailable',
      'The package index is out of reach; trying again may help.',
      {
        log,
      },
    );
  const named = mentioned(text, spec.requirements);
  const [only] = named;
  if (only !== undefined && named.length === 1) return because(only, text, { log, offline });
  for (const requirement of named.length > 0 ? named : spec.requirements) {
    const alone = await checkAlone(requirement);
    if (!alone.ok)
      return because(requirement, alone.text, { log, offline: offline || /--offline/.test(alone.text) });
  }
  return new EnvironmentFailure(
    'InvalidArgument',
    named.length > 1
      ? `${named.map(renderRequirement).join(' and ')} cannot be installed together: ${quote(text)}`
      : `The environment cannot be built: ${quote(text)}`,
    { log },
  );
}

function because(
  requirement: Requirement,
  text: string,
  { log, offline }: { readonly log: string; readonly offline: boolean },
): EnvironmentFailure {
  const line = renderRequirement(requirement);
  return new EnvironmentFailure('InvalidArgument', `${line}: ${reasonOf(text, offline)}`, {
    requirement: line,
    log,
  });
}

function reasonOf(text: string, offline: boolean): string {
  const flat = flatten(text);
  if (offline) return 'it is not in the cache, and this server is not to use the network (--offline).';
  if (/not found in the package registry|not found in the provided package locations/.test(flat))
    return 'there is no such package in the index.';
  if (
    /no usable wheels|no wheels are (?:available|usable)|has no wheels with a matching|only-binary|building from source is disabled/i.test(
      flat,
    )
  )
    return 'the index has no wheel of it for this machine and Python, and nothing is built from source.';
  if (/current Python version|requires Python|Python>|Python</.test(flat))
    return 'it does not run on the Python of this environment.';
  if (/there (?:is|are) no versions? of|only .* (?:is|are) available/i.test(flat))
    return 'there is no such version in the index.';
  return quote(text);
}

/** The requirements of ours that uv's text speaks of. */
function mentioned(text: string, requirements: readonly Requirement[]): Requirement[] {
  const flat = flatten(text).toLowerCase();
  return requirements.filter(({ name }) => {
    const pattern = name.replaceAll('-', '[-_.]');
    return new RegExp(`(?<![a-z0-9._-])${pattern}(?![a-z0-9_-]|\\.[a-z])`).test(flat);
  });
}

function isNetworkTrouble(text: string): boolean {
  return /error sending request|dns error|Connection refused|connection reset|tcp connect|timed out|HTTP status (?:server error|client error \((?:401|403|407|429))/i.test(
    text,
  );
}

/** uv draws its reasons as a tree over several lines. */
function flatten(text: string): string {
  return text
    .replaceAll(/[×╰─▶│├]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function quote(text: string): string {
  const flat = flatten(text);
  return flat.length > QUOTED_CHARACTERS ? `${flat.slice(0, QUOTED_CHARACTERS)}…` : flat;
}
