import type { Webhook, WebhookAttempt, WebhookDelivery } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleDashed, CircleX } from 'lucide-react';
import { client } from '../../data/server.ts';
import { renderDuration } from '../../ui/numbers.ts';
import { ErrorNotice } from '../../ui/states.tsx';
import { TimeText } from '../../ui/texts.tsx';
import classes from './delivery-list.module.css';

const MOST = 50;
const FOLLOW_MS = 5000;

/** What became of the last deliveries of a webhook, the newest first. */
export function DeliveryList({ webhook }: { readonly webhook: Webhook }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['webhooks', 'deliveries', webhook.webhookId],
    queryFn: ({ signal }) => client.webhooks.deliveries(webhook.webhookId, { limit: MOST, signal }),
    placeholderData: undefined,
    refetchInterval: FOLLOW_MS,
  });
  return (
    <section className={classes.log} aria-label={`Deliveries of ${webhook.name}`}>
      {error !== null && (
        <ErrorNotice error={error} what="The deliveries could not be read" onRetry={() => void refetch()} />
      )}
      {data?.length === 0 && <p className="dim">Nothing has happened yet that it is told of.</p>}
      {data !== undefined && data.length > 0 && (
        <ol className={classes.list}>
          {data.map((delivery) => (
            <Delivery key={delivery.deliveryId} delivery={delivery} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Delivery({ delivery }: { readonly delivery: WebhookDelivery }) {
  const { entity, action, state, createdAtMs, nextAttemptAtMs, attempts } = delivery;
  const tone = state === 'pending' ? 'waiting' : state === 'delivered' ? 'ok' : 'failed';
  const Icon = tone === 'ok' ? CircleCheck : tone === 'failed' ? CircleX : CircleDashed;
  return (
    <li className={classes.delivery}>
      <span className={classes.state} data-tone={tone}>
        <Icon size={14} aria-hidden />
        {state.replaceAll(/[-_]/g, ' ')}
      </span>
      <span className={classes.text}>
        <span>
          {`${entity}.${action}`.toLowerCase()}, <TimeText timeMs={createdAtMs} />
        </span>
        {attempts.map((attempt, i) => (
          <span key={attempt.startedAtMs} className="dim">
            {describeAttempt(attempt, i + 1)}
          </span>
        ))}
        {state === 'pending' && nextAttemptAtMs !== undefined && attempts.length > 0 && (
          <span className="dim">Tried again at {new Date(nextAttemptAtMs).toLocaleTimeString()}</span>
        )}
      </span>
    </li>
  );
}

function describeAttempt(attempt: WebhookAttempt, number: number): string {
  const { responseStatus, errorMessage, durationMs } = attempt;
  const answered = responseStatus === undefined ? 'no answer' : `answered ${responseStatus}`;
  const why = errorMessage === undefined || errorMessage === '' ? '' : `: ${errorMessage}`;
  return `Attempt ${number}: ${answered} in ${renderDuration(durationMs)}${why}`;
}
