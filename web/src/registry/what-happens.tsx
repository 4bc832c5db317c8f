import { useQuery } from '@tanstack/react-query';
import { type EventKind, listTold, webhooksQuery } from '../data/models.ts';
import classes from './registry.module.css';

interface WhatHappensProps {
  readonly lines: readonly string[];
  /** What webhooks are told of, such as `MODEL_VERSION_ALIAS` and `CREATED`. */
  readonly events: readonly EventKind[];
}

/** What a change will do, before it is done. */
export function WhatHappens({ lines, events }: WhatHappensProps) {
  const { data: webhooks } = useQuery(webhooksQuery);
  return (
    <section className={classes.happens} aria-label="What will happen">
      <h3>What will happen</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
        {webhooks !== undefined && <li>{describeTold(listTold(webhooks, events), events)}</li>}
      </ul>
    </section>
  );
}

const MOST_NAMED = 3;

function describeTold(names: readonly string[], events: readonly EventKind[]): string {
  if (names.length === 0) return 'No webhook is told.';
  const named = names.slice(0, MOST_NAMED).join(', ');
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  const kinds = events.map(({ entity, action }) => `${entity}.${action}`.toLowerCase()).join(', ');
  return `The webhook${names.length === 1 ? '' : 's'} ${named}${more} ${names.length === 1 ? 'is' : 'are'} told (${kinds}).`;
}
