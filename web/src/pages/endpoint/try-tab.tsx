import { Button, Checkbox, Select, Skeleton, Textarea, TextInput } from '@mantine/core';
import { type Prediction, SlipwayError } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { Play, RotateCcw } from 'lucide-react';
import { useEffect, useState } from 'react';
import { type EndpointDetails, type EntityInput, endpointInputsQuery } from '../../data/endpoints.ts';
import { client } from '../../data/server.ts';
import { renderMs } from '../../serving/milliseconds.ts';
import { Facts } from '../../ui/facts.tsx';
import { Panel } from '../../ui/panel.tsx';
import { scrollRegion } from '../../ui/scroll-region.ts';
import { SegmentedControl } from '../../ui/segmented-control.tsx';
import { renderKeys } from '../../ui/shortcuts.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { Status } from '../../ui/status.tsx';
import { IdText } from '../../ui/texts.tsx';
import classes from './endpoint-page.module.css';
import { bodyOfRow, firstBody, hasForm, pretty, rowOf } from './request-body.ts';
import { SamplesPanel } from './samples-panel.tsx';

/** By the traffic split, not by name. */
const ANY = '';
/** Longer than a cold start, with what is waited for before it. */
const PATIENCE_MS = 300_000;

interface Outcome {
  readonly answer?: Prediction;
  readonly error?: unknown;
  readonly tookMs: number;
}

/** Asks the endpoint from the page, and shows how programs ask it. */
export function TryTab({ endpoint }: { readonly endpoint: EndpointDetails }) {
  const { name, active, permission_level: level } = endpoint;
  const { data, error, refetch } = useQuery(endpointInputsQuery(name, active?.version));
  const [body, setBody] = useState<string | undefined>();
  const [entity, setEntity] = useState(ANY);
  const input = data?.find((each) => each.name === entity) ?? data?.[0];
  useEffect(() => {
    if (body === undefined && input !== undefined) setBody(firstBody(input));
  }, [body, input]);
  if (active === undefined)
    return (
      <EmptyState title="It does not answer yet">
        <p>There is something to try once its first configuration is ready.</p>
      </EmptyState>
    );
  return (
    <div className={classes.columns}>
      <Panel title="Try it">
        {error !== null && (
          <div className={classes.inset}>
            <ErrorNotice error={error} what="What it takes is not known" onRetry={() => void refetch()} />
          </div>
        )}
        {level === 'CAN_VIEW' && (
          <p className={`${classes.inset} dim`}>
            You may see this endpoint and not ask it: that takes CAN_QUERY on it.
          </p>
        )}
        {data === undefined && error === null && <Skeleton height={240} m={16} width="auto" />}
        {data?.length === 0 && (
          <p className={`${classes.inset} dim`}>
            This server process is bringing it up; it answers in a moment.
          </p>
        )}
        {body !== undefined && input !== undefined && level !== 'CAN_VIEW' && (
          <Asking
            endpoint={endpoint}
            input={input}
            entity={entity}
            body={body}
            onEntity={setEntity}
            onBody={setBody}
          />
        )}
      </Panel>
      <SamplesPanel name={name} body={body ?? '{"inputs": []}'} />
    </div>
  );
}

interface AskingProps {
  readonly endpoint: EndpointDetails;
  readonly input: EntityInput;
  readonly entity: string;
  readonly body: string;
  readonly onEntity: (entity: string) => void;
  readonly onBody: (body: string) => void;
}

function Asking({ endpoint, input, entity, body, onEntity, onBody }: AskingProps) {
  const { name, active } = endpoint;
  const [way, setWay] = useState<'form' | 'json'>('json');
  const [outcome, setOutcome] = useState<Outcome | undefined>();
  const [isBusy, setBusy] = useState(false);
  const ask = async () => {
    setBusy(true);
    const begin = performance.now();
    const end = (part: Pick<Outcome, 'answer' | 'error'>) =>
      setOutcome({ ...part, tookMs: performance.now() - begin });
    try {
      const options = { timeoutMs: PATIENCE_MS, ...(entity !== ANY && { entity }) };
      end({ answer: await client.servingEndpoints.query(name, body, options) });
    } catch (error) {
      end({ error });
    } finally {
      setBusy(false);
    }
  };
  const hasFields = hasForm(input);
  const isCold = active?.entities.some(({ message }) => message === 'Scaled to zero') ?? false;
  return (
    <form
      className={classes.asking}
      onSubmit={(event) => {
        event.preventDefault();
        void ask();
      }}
    >
      <div className={classes.askTools}>
        {(active?.entities.length ?? 0) > 1 && (
          <Select
            size="xs"
            aria-label="Who answers"
            allowDeselect={false}
            data={[
              { value: ANY, label: 'By the traffic split' },
              ...(active?.entities ?? []).map((each) => ({ value: each.name, label: each.name })),
            ]}
            value={entity}
            onChange={(next) => onEntity(next ?? ANY)}
          />
        )}
        {hasFields && (
          <SegmentedControl
            size="xs"
            aria-label="How the request is written"
            data={[
              { value: 'json', label: 'JSON' },
              { value: 'form', label: 'Form' },
            ]}
            value={way}
            onChange={(next) => setWay(next === 'form' ? 'form' : 'json')}
          />
        )}
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          leftSection={<RotateCcw size={12} aria-hidden />}
          onClick={() => onBody(firstBody(input))}
        >
          {input.example === undefined ? 'Made from the signature' : 'The input example'}
        </Button>
      </div>
      {way === 'form' && hasFields ? (
        <RowForm input={input} body={body} onBody={onBody} />
      ) : (
        <Textarea
          aria-label="Body of the request"
          classNames={{ input: classes.body! }}
          autosize
          minRows={6}
          maxRows={18}
          spellCheck={false}
          autoComplete="off"
          value={body}
          onChange={({ currentTarget }) => onBody(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            if (!isBusy) void ask();
          }}
        />
      )}
      <div className={classes.askTools}>
        <Button
          type="submit"
          size="xs"
          loading={isBusy}
          leftSection={<Play size={13} aria-hidden />}
          title={`${renderKeys('mod+enter')} in the body`}
        >
          Send request
        </Button>
        <span className="dim" role="status">
          {isBusy && isCold
            ? 'It had scaled to zero: the request waits until a process is up.'
            : endpoint.table?.status === 'READY'
              ? 'The request and its answer are kept in the table of requests.'
              : ''}
        </span>
      </div>
      {outcome !== undefined && <Answer outcome={outcome} isStale={isBusy} />}
    </form>
  );
}

/** One row, a field a column. */
function RowForm({ input, body, onBody }: Pick<AskingProps, 'input' | 'body' | 'onBody'>) {
  const inputs = input.signature?.inputs ?? [];
  const row = rowOf(body, inputs) ?? {};
  const change = (column: string, text: string) => onBody(bodyOfRow(inputs, { ...row, [column]: text }));
  return (
    <div className={classes.rowForm}>
      {inputs.map(({ name = '', type, required }) =>
        type === 'boolean' ? (
          <Checkbox
            key={name}
            label={<span dir="auto">{name}</span>}
            description={required ? type : `${type}, may be left out`}
            checked={row[name] === 'true'}
            onChange={({ currentTarget }) => change(name, String(currentTarget.checked))}
          />
        ) : (
          <TextInput
            key={name}
            size="xs"
            label={<span dir="auto">{name}</span>}
            description={required ? type : `${type}, may be left out`}
            dir="auto"
            value={row[name] ?? ''}
            onChange={({ currentTarget }) => change(name, currentTarget.value)}
          />
        ),
      )}
    </div>
  );
}

function Answer({ outcome, isStale }: { readonly outcome: Outcome; readonly isStale: boolean }) {
  const { answer, error, tookMs } = outcome;
  const took = ['Took', `${renderMs(tookMs)}, with the way to this browser`] as const;
  if (answer === undefined) {
    const status = error instanceof SlipwayError && error.status !== undefined ? ` with ${error.status}` : '';
    return (
      <section aria-label="Answer" data-stale={isStale || undefined} className={classes.answer}>
        <ErrorNotice error={error} what={`It was refused${status}`} />
        <Facts layout="rows" facts={[took]} />
      </section>
    );
  }
  return (
    <section aria-label="Answer" data-stale={isStale || undefined} className={classes.answer}>
      <div className={classes.answerHead}>
        <Status status="ANSWERED" />
      </div>
      <pre className={classes.predictions} {...scrollRegion}>
        {pretty(
          JSON.stringify({ predictions: answer.predictions }, (_, value: unknown) =>
            typeof value === 'bigint' ? String(value) : value,
          ),
        )}
      </pre>
      <Facts
        layout="rows"
        facts={[
          took,
          ['Answered by', answer.servedEntity],
          ['Not used', answer.ignored],
          [
            'Request',
            answer.requestId && <IdText id={answer.requestId} what="the id of the request" most={40} />,
          ],
        ]}
      />
    </section>
  );
}
