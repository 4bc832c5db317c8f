import type { ServedConfig } from '../data/endpoints.ts';
import { type ConfigDraft, namesOf } from './config-draft.ts';

interface Change {
  readonly endpoint: string;
  /** What answers now; undefined where nothing does. */
  readonly active: ServedConfig | undefined;
  readonly draft: ConfigDraft;
}

/** What a configuration will do, in sentences, before it is sent. */
export function configEffects({ endpoint, active, draft }: Change): readonly string[] {
  const names = namesOf(draft.entities);
  const many = draft.entities.length > 1;
  const starts = draft.entities.flatMap(({ model, target }, i) => {
    const before = active?.entities.find(({ name }) => name === names[i]);
    const isSame =
      before !== undefined &&
      before.model === model &&
      (before.alias === undefined ? before.version === target : `@${before.alias}` === target);
    return isSame
      ? []
      : [`${model || 'A model'} ${describeTarget(target)} is loaded, and has to answer its input example.`];
  });
  const shares = draft.entities.map(({ percent }, i) => {
    const before = active?.entities.find(({ name }) => name === names[i])?.percent;
    const was = before === undefined || before === percent ? '' : `, now ${before} %`;
    return `${names[i]} gets ${percent} % of the requests${was}.`;
  });
  const gone = (active?.entities ?? []).filter(({ name }) => !names.includes(name));
  return [
    ...starts,
    ...(active === undefined
      ? [`${endpoint || 'The endpoint'} answers once ${many ? 'all of them are' : 'it is'} ready.`]
      : [
          `Configuration ${active.version} answers until the new one is ready; no request fails by the change. If it cannot be brought up, nothing changes.`,
        ]),
    ...(many || active !== undefined ? shares : []),
    ...gone.map(({ name }) => `${name} answers no more, and its processes end.`),
    ...draft.entities.flatMap(({ target, model }) =>
      target.startsWith('@') ? [`When ${target.slice(1)} of ${model} moves, the endpoint follows.`] : [],
    ),
    ...describeScaling(draft),
    ...describeCapture(endpoint, draft),
  ];
}

const describeTarget = (target: string): string =>
  target.startsWith('@') ? `@${target.slice(1)}` : target === '' ? '' : `version ${target}`;

function describeScaling({ entities }: ConfigDraft): readonly string[] {
  const idle = entities.filter(({ scaleToZero }) => scaleToZero).length;
  if (idle === 0) return ['At least one process a model stays up, also without requests.'];
  return [
    idle === entities.length
      ? 'Without requests for a while its processes end; the next request waits until one is up again.'
      : `${idle} of ${entities.length} models scale to zero; the others stay up.`,
  ];
}

function describeCapture(endpoint: string, { capture }: ConfigDraft): readonly string[] {
  if (capture === undefined || capture.catalog.trim() === '') return [];
  const { catalog, schema, prefix } = capture;
  const table = `${catalog.trim()}.${schema.trim()}.${prefix.trim() || endpoint}_payload`;
  return [
    capture.isOn
      ? `Each request and its answer become a row of ${table}, which whoever may read that table can see.`
      : `Requests are kept in ${table} no more; its rows stay.`,
  ];
}
