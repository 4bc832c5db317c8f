import { Button, Checkbox, Select } from '@mantine/core';
import { Download } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { type EndpointDetails, type LogKind, type LogPart, readLog } from '../../data/endpoints.ts';
import { RequestError } from '../../data/request-error.ts';
import { scrollRegion } from '../../ui/scroll-region.ts';
import { SegmentedControl } from '../../ui/segmented-control.tsx';
import { ErrorNotice } from '../../ui/states.tsx';
import classes from './endpoint-page.module.css';
import type { EndpointSearch } from './endpoint-search.ts';

interface LogsTabProps {
  readonly endpoint: EndpointDetails;
  readonly search: EndpointSearch;
  readonly onSearch: (search: EndpointSearch) => void;
}

const KINDS = [
  { value: 'server', label: 'Server' },
  { value: 'build', label: 'Build' },
];

/** What the build of a model's environment and its processes say, as they say it. */
export function LogsTab({ endpoint, search, onSearch }: LogsTabProps) {
  const { name, active, pending, process } = endpoint;
  const names = [
    ...new Set([...(pending?.entities ?? []), ...(active?.entities ?? [])].map((entity) => entity.name)),
  ];
  const entity = names.find((each) => each === search.entity) ?? names[0];
  const kind: LogKind = search.log ?? 'server';
  if (entity === undefined)
    return <p className={`${classes.inset} dim`}>It serves nothing yet, so there is nothing to read.</p>;
  return (
    <section className={classes.logs} aria-label="Logs">
      <div className={classes.logTools}>
        <Select
          size="xs"
          className={classes.logEntity}
          aria-label="Of which model"
          data={names}
          value={entity}
          allowDeselect={false}
          onChange={(next) => onSearch({ ...search, entity: next ?? undefined })}
        />
        <SegmentedControl
          size="xs"
          aria-label="Which log"
          data={KINDS}
          value={kind}
          onChange={(next) => onSearch({ ...search, log: next === 'build' ? 'build' : undefined })}
        />
        <span className="dim">
          {process.count > 1
            ? `Of server process ${process.id.slice(0, 8)}, one of ${process.count}: each has its own.`
            : 'What was said last is kept in memory, until the server ends.'}
        </span>
      </div>
      <LogText key={`${name} ${entity} ${kind}`} endpoint={name} entity={entity} kind={kind} />
    </section>
  );
}

interface LogTextProps {
  readonly endpoint: string;
  readonly entity: string;
  readonly kind: LogKind;
}

const EVERY_MS = 1000;
const MOST_CHARACTERS = 512 * 1024;

function LogText({ endpoint, entity, kind }: LogTextProps) {
  const { text, isCut, error, isRead } = useLog(endpoint, entity, kind);
  const [isFollowing, setFollowing] = useState(true);
  const view = useRef<HTMLPreElement>(null);
  useEffect(() => {
    if (isFollowing && view.current !== null && text !== '')
      view.current.scrollTop = view.current.scrollHeight;
  }, [text, isFollowing]);
  const save = () => {
    const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `${endpoint}-${entity}-${kind}.log`;
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <>
      {error !== undefined && (
        <ErrorNotice
          error={error}
          what={isRead ? 'The log may be out of date' : 'The log could not be read'}
        />
      )}
      <pre
        ref={view}
        className={classes.log}
        aria-label={kind === 'build' ? 'Build log' : 'Server log'}
        role="log"
        aria-live="off"
        aria-busy={!isRead}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          // Who scrolls up wants to read; who is at the end, to follow.
          setFollowing(scrollHeight - scrollTop - clientHeight < 24);
        }}
        {...scrollRegion}
      >
        {isCut && <span className="dim">… what was said earlier is gone{'\n'}</span>}
        {text}
        {isRead && text === '' && (
          <span className="dim">
            {kind === 'build' ? 'Nothing was built yet.' : 'The model has printed nothing yet.'}
          </span>
        )}
      </pre>
      <div className={classes.logFoot}>
        <Checkbox
          size="xs"
          label="Follow the end"
          checked={isFollowing}
          onChange={({ currentTarget }) => setFollowing(currentTarget.checked)}
        />
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<Download size={12} aria-hidden />}
          disabled={text === ''}
          onClick={save}
        >
          Download
        </Button>
      </div>
    </>
  );
}

/** Reads on and on while the page is seen: each time what is new. */
function useLog(endpoint: string, entity: string, kind: LogKind) {
  const [state, setState] = useState({ text: '', isCut: false, isRead: false });
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let last: LogPart | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      try {
        if (document.visibilityState === 'visible') {
          const part = await readLog(endpoint, { entity, kind, last }, signal);
          const isNew = last?.log !== part.log;
          setState((known) => ({
            text: ((isNew ? '' : known.text) + part.text).slice(-MOST_CHARACTERS),
            isCut: (isNew ? false : known.isCut) || part.is_cut,
            isRead: true,
          }));
          last = part;
          setError(undefined);
        }
      } catch (failure) {
        if (signal.aborted) return;
        setError(failure);
        // Not there, or not to be read: asking again changes nothing.
        if (failure instanceof RequestError && failure.status !== undefined && failure.status < 500) return;
      }
      if (!signal.aborted) timer = setTimeout(() => void read(), EVERY_MS);
    };
    void read();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [endpoint, entity, kind]);
  return { ...state, error };
}
