import { useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { getText } from '../../data/request.ts';
import { client, serverUrl } from '../../data/server.ts';
import { useIsAdmin, useIsSignedIn } from '../../data/session.ts';
import { useCrumbs } from '../../ui/crumbs.tsx';
import { Panel } from '../../ui/panel.tsx';
import { SegmentedControl } from '../../ui/segmented-control.tsx';
import { CodeBlock, ErrorNotice } from '../../ui/states.tsx';
import { IdText } from '../../ui/texts.tsx';
import classes from './settings-page.module.css';
import { TokenList } from './token-list.tsx';
import { WebhookList } from './webhook-list.tsx';

export function SettingsPage() {
  useCrumbs([{ label: 'Settings' }]);
  const isSignedIn = useIsSignedIn();
  const isAdmin = useIsAdmin();
  return (
    <div className={classes.page}>
      <h1>Settings</h1>
      <Panel title="Appearance">
        <Theme />
      </Panel>
      <Panel title="This server">
        <ServerFacts />
      </Panel>
      <Panel title="Connect a client">
        <Connections />
      </Panel>
      {isSignedIn && <TokenList />}
      {isAdmin && <WebhookList />}
    </div>
  );
}

const THEMES = [
  { value: 'auto', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

function Theme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <div className={classes.body}>
      <SegmentedControl
        size="xs"
        aria-label="Theme"
        value={colorScheme}
        data={THEMES}
        onChange={(value) => setColorScheme(value === 'light' || value === 'dark' ? value : 'auto')}
      />
      <p className="dim">Kept in this browser.</p>
    </div>
  );
}

const VERSION = {
  queryKey: ['server', 'version'],
  async queryFn({ signal }: { readonly signal: AbortSignal }): Promise<string> {
    return (await getText('/version', signal)).trim();
  },
};

function ServerFacts() {
  const version = useQuery(VERSION);
  const info = useQuery({
    queryKey: ['server', 'info'],
    queryFn: ({ signal }) => client.serverInfo({ signal }),
  });
  const error = version.error ?? info.error;
  if (error) {
    const again = () => {
      void version.refetch();
      void info.refetch();
    };
    return (
      <div className={classes.body}>
        <ErrorNotice error={error} what="The server does not tell about itself" onRetry={again} />
      </div>
    );
  }
  return (
    <dl className={classes.facts}>
      <Fact label="Tracking URI">
        <IdText id={serverUrl} what="the tracking URI" most={80} />
      </Fact>
      <Fact label="Speaks the REST protocol of">{version.data && `MLflow ${version.data}`}</Fact>
      <Fact label="Large files">
        {info.data &&
          (info.data.multipartUploads
            ? 'go between clients and the object store directly, by signed URLs'
            : 'go through the server (--direct-transfers sends clients to the object store)')}
      </Fact>
      <Fact label="Description of the API">
        <a href="/openapi.json">/openapi.json</a>
      </Fact>
      <Fact label="Measurements, for Prometheus">
        <a href="/metrics">/metrics</a>
      </Fact>
    </dl>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Connections() {
  return (
    <div className={classes.body}>
      <h3>Python</h3>
      <CodeBlock
        label="Copy the Python lines"
        code={`import mlflow

mlflow.set_tracking_uri("${serverUrl}")`}
      />
      <h3>Any program in this shell</h3>
      <CodeBlock label="Copy the shell line" code={`export MLFLOW_TRACKING_URI=${serverUrl}`} />
      <h3>TypeScript</h3>
      <CodeBlock
        label="Copy the TypeScript lines"
        code={`import { SlipwayClient } from '@slipway/client';

const client = new SlipwayClient({ baseUrl: '${serverUrl}' });`}
      />
    </div>
  );
}
