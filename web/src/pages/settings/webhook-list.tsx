import { Button, Switch } from '@mantine/core';
import type { Webhook } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queryClient } from '../../data/query-client.ts';
import { client, serverUrl } from '../../data/server.ts';
import { notify, notifyFailure } from '../../ui/notices.tsx';
import { Panel } from '../../ui/panel.tsx';
import { CodeBlock, ErrorNotice } from '../../ui/states.tsx';
import { DeliveryList } from './delivery-list.tsx';
import classes from './settings-page.module.css';

const MOST = 200;
const FIRST = `from mlflow import MlflowClient

MlflowClient("${serverUrl}").create_webhook(
    name="deploy", url="https://ci.example.com/hooks/models",
    events=["model_version_alias.created"])`;

/** Who is told of changes in the registry. */
export function WebhookList() {
  const { data, error, refetch } = useQuery({
    queryKey: ['webhooks'],
    queryFn: ({ signal }) => client.webhooks.list({ signal }).toArray({ limit: MOST }),
  });
  return (
    <Panel title="Webhooks" aside={data && data.length > 0 ? String(data.length) : undefined}>
      {error && (
        <div className={classes.body}>
          <ErrorNotice error={error} what="The webhooks could not be read" onRetry={() => void refetch()} />
        </div>
      )}
      {data?.length === 0 && (
        <div className={classes.body}>
          <p className="dim">
            Nobody is told when a model, a version, a stage or an alias changes. Tell them:
          </p>
          <CodeBlock label="Copy the Python lines" code={FIRST} />
        </div>
      )}
      {data !== undefined && data.length > 0 && (
        <ul className={classes.webhooks}>
          {data.map((webhook) => (
            <WebhookItem key={webhook.webhookId} webhook={webhook} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function WebhookItem({ webhook }: { readonly webhook: Webhook }) {
  const [isTesting, setTesting] = useState(false);
  const [isOpen, setOpen] = useState(false);
  const test = async () => {
    setTesting(true);
    try {
      const { success, responseStatus, errorMessage } = await client.webhooks.test(webhook.webhookId);
      const status = responseStatus === undefined ? '' : ` It answered ${responseStatus}.`;
      if (success) notify({ text: `“${webhook.name}” took the test delivery.${status}` });
      else
        notifyFailure(
          new Error(`“${webhook.name}” did not take the test delivery.${status} ${errorMessage ?? ''}`),
        );
    } catch (error) {
      notifyFailure(error);
    } finally {
      setTesting(false);
    }
  };
  return (
    <li>
      <div className={classes.webhook}>
        <div className={classes.webhookText}>
          <strong dir="auto">{webhook.name}</strong>
          <span className="mono">{webhook.url}</span>
          <span className="dim">
            {webhook.events.map(({ entity, action }) => `${entity}.${action}`.toLowerCase()).join(', ')}
          </span>
        </div>
        <Switch
          size="sm"
          label={webhook.status === 'ACTIVE' ? 'Active' : 'Off'}
          aria-label={`${webhook.name} is active`}
          checked={webhook.status === 'ACTIVE'}
          onChange={({ currentTarget }) => void setActive(webhook, currentTarget.checked)}
        />
        <Button
          size="compact-sm"
          variant="default"
          aria-expanded={isOpen}
          aria-label={`Deliveries of ${webhook.name}`}
          onClick={() => setOpen(!isOpen)}
        >
          Deliveries
        </Button>
        <Button size="compact-sm" variant="default" loading={isTesting} onClick={() => void test()}>
          Send a test
        </Button>
      </div>
      {isOpen && <DeliveryList webhook={webhook} />}
    </li>
  );
}

async function setActive({ webhookId, name }: Webhook, isActive: boolean): Promise<void> {
  const change = async (active: boolean) => {
    await client.webhooks.update(webhookId, { status: active ? 'ACTIVE' : 'DISABLED' });
    await queryClient.invalidateQueries({ queryKey: ['webhooks'] });
  };
  try {
    await change(isActive);
    notify({
      text: `“${name}” is ${isActive ? 'told of changes again' : 'no longer told of changes'}.`,
      about: `status of ${webhookId}`,
      undo: () => void change(!isActive).catch(notifyFailure),
    });
  } catch (error) {
    notifyFailure(error);
  }
}
