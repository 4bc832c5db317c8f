import type { LinkProps } from '@tanstack/react-router';
import type { Found } from '../../data/find.ts';
import type { RecentExperiment } from '../../data/home.ts';
import { renderCount } from '../numbers.ts';

export type EntryIcon = 'page' | 'experiment' | 'run' | 'model' | 'endpoint' | 'alias' | 'all' | 'action';

/** Something to go to or to do. */
export interface Entry {
  readonly id: string;
  readonly label: string;
  /** Smaller, behind the label: where it is. */
  readonly hint?: string;
  readonly icon: EntryIcon;
  /** Of a run. */
  readonly status?: string;
  readonly link?: LinkProps;
  readonly run?: () => void;
}

export interface Group {
  readonly label: string;
  readonly entries: readonly Entry[];
}

const PAGES: readonly Entry[] = [
  { id: 'home', label: 'Home', icon: 'page', link: { to: '/' } },
  { id: 'experiments', label: 'Experiments', icon: 'page', link: { to: '/experiments' } },
  {
    id: 'trash',
    label: 'Deleted experiments',
    icon: 'page',
    link: { to: '/experiments', search: { view: 'trash' } as object },
  },
  { id: 'models', label: 'Models', icon: 'page', link: { to: '/models' } },
  { id: 'endpoints', label: 'Endpoints', icon: 'page', link: { to: '/endpoints' } },
  { id: 'sql', label: 'SQL', icon: 'page', link: { to: '/sql' } },
  { id: 'catalog', label: 'Catalog', icon: 'page', link: { to: '/catalog' } },
  { id: 'access', label: 'Access', icon: 'page', link: { to: '/access' } },
  { id: 'audit', label: 'Audit', icon: 'page', link: { to: '/audit' } },
  { id: 'secrets', label: 'Secrets', icon: 'page', link: { to: '/secrets' } },
  { id: 'settings', label: 'Settings', icon: 'page', link: { to: '/settings' } },
];

/** Where people sign in, and for those who say what others may do. */
const FOR_ADMINS: ReadonlySet<string> = new Set(['access', 'audit']);

interface Known {
  readonly text: string;
  readonly found: Found | undefined;
  /** Names of all endpoints that the reader sees. */
  readonly endpoints: readonly string[];
  readonly recent: readonly RecentExperiment[];
  readonly actions: readonly Entry[];
  /** Whether the pages about who may do what are of use to the reader. */
  readonly isAdmin: boolean;
}

/**
 * What stands in the palette: what was found first, then pages and actions whose label has the text in it. Of what was
 * found, the kinds with something of exactly that name come first.
 */
export function groupsOf({ text, found, endpoints, recent, actions, isAdmin }: Known): readonly Group[] {
  const matches = ({ label }: Entry) => hasLettersInOrder(label, text);
  const isExact = ({ label }: Entry) => {
    const [name, typed] = [label.toLowerCase(), text.toLowerCase()];
    return name === typed || name.endsWith(`/${typed}`);
  };
  const ofFound = found === undefined ? [] : [...groupsOfFound(found, text), endpointGroup(endpoints, text)];
  const groups: readonly Group[] = [
    ...(text === '' ? [{ label: 'Recent experiments', entries: recent.slice(0, 5).map(toExperiment) }] : []),
    ...ofFound.filter(({ entries }) => entries.some(isExact)),
    ...ofFound.filter(({ entries }) => !entries.some(isExact)),
    {
      label: 'Go to',
      entries: PAGES.filter((page) => (isAdmin || !FOR_ADMINS.has(page.id)) && matches(page)),
    },
    { label: 'Do', entries: actions.filter(matches) },
  ];
  return groups.filter(({ entries }) => entries.length > 0);
}

function groupsOfFound(found: Found, text: string): readonly Group[] {
  const all = (list: readonly unknown[], entry: Entry) => (list.length < MOST_SHOWN ? [] : [entry]);
  return [
    {
      label: 'Experiments',
      entries: [
        ...found.experiments.map(toExperiment),
        ...all(found.experiments, {
          id: 'all experiments',
          label: `All experiments with “${text}” in their name`,
          icon: 'all',
          link: { to: '/experiments', search: { q: text } as object },
        }),
      ],
    },
    { label: 'Runs', entries: [...found.runs.map(toRun), ...toAllRuns(found, text)] },
    { label: 'Aliases', entries: found.aliases.map(toAlias) },
    {
      label: 'Models',
      entries: [
        ...found.models.map(toModel),
        ...all(found.models, {
          id: 'all models',
          label: `All models with “${text}” in their name`,
          icon: 'all',
          link: { to: '/models', search: { q: text } as object },
        }),
      ],
    },
    { label: 'Logged models', entries: found.logged_models.map(toLoggedModel) },
  ];
}

function endpointGroup(endpoints: readonly string[], text: string): Group {
  const typed = text.toLowerCase();
  const fitting = endpoints.filter((name) => name.toLowerCase().includes(typed));
  const more: Entry = {
    id: 'all endpoints',
    label: `All endpoints with “${text}” in their name`,
    icon: 'all',
    link: { to: '/endpoints', search: { q: text } as object },
  };
  return {
    label: 'Endpoints',
    entries: [
      ...fitting.slice(0, MOST_SHOWN).map(toEndpoint),
      ...(fitting.length > MOST_SHOWN ? [more] : []),
    ],
  };
}

const toEndpoint = (name: string): Entry => ({
  id: `endpoint ${name}`,
  label: name,
  icon: 'endpoint',
  link: { to: '/endpoints/$name', params: { name } },
});

/** As many of each kind as the server gives. */
const MOST_SHOWN = 8;

/** The table of the experiments that they are in, filtered by the name. */
function toAllRuns({ more_runs: more }: Found, text: string): readonly Entry[] {
  const [first, ...others] = more?.experiment_ids ?? [];
  // The language of filters has no way to write both marks in one text, nor a percent sign that is none.
  const mark = text.includes("'") ? '"' : "'";
  if (more === undefined || first === undefined || text.includes(mark) || text.includes('%')) return [];
  const filter = `attributes.run_name ILIKE ${mark}%${text}%${mark}`;
  const where = others.length === 0 ? '1 experiment' : `${others.length + 1} experiments`;
  return [
    {
      id: 'all runs',
      label: `All ${renderCount(more.total)} runs with “${text}” in their name`,
      hint: where,
      icon: 'all',
      link: {
        to: '/experiments/$experimentId',
        params: { experimentId: first },
        search: { ...(others.length > 0 && { ids: others.join(',') }), filter } as object,
      },
    },
  ];
}

/** `exp` and `dlx` are both in "Deleted experiments". */
export function hasLettersInOrder(label: string, typed: string): boolean {
  const letters = label.toLowerCase();
  let from = 0;
  for (const letter of typed.toLowerCase().replaceAll(' ', '')) {
    const at = letters.indexOf(letter, from);
    if (at < 0) return false;
    from = at + letter.length;
  }
  return true;
}

const toExperiment = ({ experiment_id, name }: { experiment_id: string; name: string }): Entry => ({
  id: `experiment ${experiment_id}`,
  label: name,
  hint: experiment_id,
  icon: 'experiment',
  link: { to: '/experiments/$experimentId', params: { experimentId: experiment_id } },
});

const toRun = (run: Found['runs'][number]): Entry => ({
  id: `run ${run.run_id}`,
  label: run.run_name,
  hint: `${run.experiment_name} · ${run.run_id.slice(0, 8)}`,
  icon: 'run',
  status: run.status,
  link: {
    to: '/experiments/$experimentId/runs/$runId/$',
    params: { experimentId: run.experiment_id, runId: run.run_id, _splat: '' },
  },
});

const toModel = ({ name }: { name: string }): Entry => ({
  id: `model ${name}`,
  label: name,
  icon: 'model',
  link: { to: '/models/$name', params: { name } },
});

const toAlias = ({ name, alias, version }: Found['aliases'][number]): Entry => ({
  id: `alias ${name} ${alias}`,
  label: alias,
  hint: `${name}, version ${version}`,
  icon: 'alias',
  link: { to: '/models/$name/versions/$version', params: { name, version } },
});

const toLoggedModel = (model: Found['logged_models'][number]): Entry => ({
  id: `logged model ${model.model_id}`,
  label: model.name,
  hint: model.model_id.slice(0, 10),
  icon: 'model',
  link: {
    to: '/experiments/$experimentId/models/$modelId/$',
    params: { experimentId: model.experiment_id, modelId: model.model_id, _splat: '' },
  },
});
