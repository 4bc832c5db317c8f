import { useQuery } from '@tanstack/react-query';
import { countTold, webhooksQuery } from '../data/models.ts';
import classes from './registry.module.css';

interface WhatHappensProps {
  readonly lines: readonly string[];
  /** The event that webhooks are told of, such as `MODEL_VERSION_ALIAS` and `CREATED`. */
  readonly event: { readonly entity: string; readonly action: string };
}

/** What a change will do, before it is done. */
export function WhatHappens({ lines, event }: WhatHappensProps) {
  const { data: webhooks } = useQuery(webhooksQuery);
  const told = webhooks && countTold(webhooks, event.entity, event.action);
  return (
    <section className={classes.happens} aria-label="What will happen">
      <h3>What will happen</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
        {told !== undefined && (
          <li>
            {told === 0
              ? 'No webhook is told.'
              : `${told} webhook${told === 1 ? ' is' : 's are'} told (${event.entity.toLowerCase()}.${event.action.toLowerCase()}).`}
          </li>
        )}
      </ul>
    </section>
  );
}
