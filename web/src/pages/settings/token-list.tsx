import { Button, Modal, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { queryClient } from '../../data/query-client.ts';
import { serverUrl } from '../../data/server.ts';
import { makeToken, revokeToken, type TokenInfo, tokensQuery } from '../../data/tokens.ts';
import { RevokeToken } from '../../identity/revoke-token.tsx';
import { renderTime } from '../../ui/numbers.ts';
import { Panel } from '../../ui/panel.tsx';
import { CodeBlock, ErrorNotice } from '../../ui/states.tsx';
import { TimeText } from '../../ui/texts.tsx';
import classes from './settings-page.module.css';

/** The tokens by which the reader's programs sign in. */
export function TokenList() {
  const { data, error, refetch } = useQuery(tokensQuery);
  const [isMaking, setMaking] = useState(false);
  return (
    <Panel
      title="Access tokens"
      aside={
        <Button size="compact-sm" variant="default" onClick={() => setMaking(true)}>
          New token
        </Button>
      }
    >
      {error && (
        <div className={classes.body}>
          <ErrorNotice error={error} what="The tokens could not be read" onRetry={() => void refetch()} />
        </div>
      )}
      {data?.length === 0 && (
        <div className={classes.body}>
          <p className="dim">Programs sign in by tokens that you make here. You have none.</p>
        </div>
      )}
      {data !== undefined && data.length > 0 && (
        <ul className={classes.webhooks}>
          {data.map((token) => (
            <TokenItem key={token.token_id} token={token} />
          ))}
        </ul>
      )}
      {isMaking && <NewToken onClose={() => setMaking(false)} />}
    </Panel>
  );
}

function TokenItem({ token }: { readonly token: TokenInfo }) {
  const [isAsking, setAsking] = useState(false);
  const name = token.comment === '' ? token.token_id : token.comment;
  const revoke = async () => {
    await revokeToken(token.token_id);
    await queryClient.invalidateQueries({ queryKey: tokensQuery.queryKey });
  };
  return (
    <li className={classes.webhook}>
      <div className={classes.webhookText}>
        <strong dir="auto">{name}</strong>
        <span className="dim">
          made <TimeText timeMs={token.creation_time} />
          {endOf(token)}
        </span>
      </div>
      <Button
        size="compact-sm"
        variant="default"
        color="red"
        aria-label={`Revoke ${name}`}
        onClick={() => setAsking(true)}
      >
        Revoke…
      </Button>
      {isAsking && <RevokeToken name={name} onRevoke={revoke} onClose={() => setAsking(false)} />}
    </li>
  );
}

const endOf = ({ expiry_time: endMs }: TokenInfo): string =>
  endMs < 0
    ? ', without an end'
    : `, ${endMs < Date.now() ? 'good for nothing since' : 'good until'} ${renderTime(endMs)}`;

const LIFETIMES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
  { value: '', label: 'Without an end' },
];

function NewToken({ onClose }: { readonly onClose: () => void }) {
  const [comment, setComment] = useState('');
  const [days, setDays] = useState('90');
  const [made, setMade] = useState<string | undefined>();
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      setMade(await makeToken(comment.trim(), days === '' ? undefined : Number(days)));
      await queryClient.invalidateQueries({ queryKey: tokensQuery.queryKey });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  if (made !== undefined) {
    return (
      <Modal opened onClose={onClose} title="Copy the token now">
        <div className={classes.dialog}>
          <p>Nobody is told it again: only what it is recognised by is kept.</p>
          <CodeBlock
            label="Copy the shell lines"
            code={`export MLFLOW_TRACKING_URI=${serverUrl}\nexport MLFLOW_TRACKING_TOKEN=${made}`}
          />
          <p className="dim">For code written for Databricks:</p>
          <CodeBlock
            label="Copy the lines for Databricks' clients"
            code={`export DATABRICKS_HOST=${serverUrl}\nexport DATABRICKS_TOKEN=${made}`}
          />
          <div className={classes.dialogButtons}>
            <Button onClick={onClose}>Done</Button>
          </div>
        </div>
      </Modal>
    );
  }
  return (
    <Modal opened onClose={onClose} title="New token">
      <form className={classes.dialog} onSubmit={(event) => void submit(event)}>
        <TextInput
          label="What it is for"
          placeholder="training on the cluster"
          dir="auto"
          maxLength={200}
          required
          data-autofocus
          value={comment}
          error={problem}
          onChange={({ currentTarget }) => {
            setComment(currentTarget.value);
            setProblem(undefined);
          }}
        />
        <Select
          label="Good for"
          data={LIFETIMES}
          value={days}
          allowDeselect={false}
          onChange={(value) => setDays(value ?? '90')}
        />
        <div className={classes.dialogButtons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={comment.trim() === ''}>
            Make token
          </Button>
        </div>
      </form>
    </Modal>
  );
}
