import { ActionIcon } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { AuditRecord } from '../../data/audit.ts';
import { keyOf, readSecurable } from '../../data/securables.ts';
import { Facts } from '../../ui/facts.tsx';
import { renderTime } from '../../ui/numbers.ts';
import { scrollRegion } from '../../ui/scroll-region.ts';
import { useShortcut } from '../../ui/shortcuts.ts';
import { CodeBlock } from '../../ui/states.tsx';
import { IdText } from '../../ui/texts.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import classes from './audit-page.module.css';
import type { AuditAddress } from './audit-search.ts';
import { OutcomeText } from './outcome-text.tsx';
import { aboutOf, renderDetails, unnamedOf } from './record-words.ts';

interface RecordPanelProps {
  readonly record: AuditRecord;
  readonly onSearch: (part: Partial<AuditAddress>) => void;
  readonly onClose: () => void;
}

/** All that is written down of one thing that was done. */
export function RecordPanel({ record, onSearch, onClose }: RecordPanelProps) {
  useShortcut('escape', 'Close the record', onClose);
  const latest = useRef(onClose);
  latest.current = onClose;
  useEffect(() => {
    // The list has a use of its own for the key, which matters less.
    const close = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || document.querySelector('[role="dialog"]') !== null) return;
      event.preventDefault();
      event.stopPropagation();
      latest.current();
    };
    window.addEventListener('keydown', close, { capture: true });
    return () => window.removeEventListener('keydown', close, { capture: true });
  }, []);
  const on = readSecurable(record.securable);
  const unnamed = unnamedOf(record);
  const about = aboutOf(record);
  return (
    <aside className={classes.panel} aria-label="The record">
      <header className={classes.panelHeader}>
        <h2>{record.action}</h2>
        <Tooltip label="Close ( Esc )">
          <ActionIcon size="sm" variant="subtle" color="gray" aria-label="Close the record" onClick={onClose}>
            <X size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </header>
      <section className={classes.panelBody} aria-label="What is on record" {...scrollRegion}>
        <Facts
          facts={[
            ['Outcome', <OutcomeText key="outcome" outcome={record.outcome} />],
            ['When', renderTime(record.at)],
            [
              'Who',
              record.principal === '' ? (
                <span className="dim">{unnamed.why ?? unnamed.label}</span>
              ) : (
                <Narrow text={record.principal} onClick={() => onSearch({ principal: record.principal })} />
              ),
            ],
            [
              'With what',
              record.securable && (
                <Narrow text={record.securable} onClick={() => onSearch({ securable: record.securable })} />
              ),
            ],
            [
              'In the catalog',
              on && (
                <Link to="/catalog" search={{ on: keyOf(on), tab: 'rights' } as never}>
                  Its rights now
                </Link>
              ),
            ],
            ['About', about && <span dir="auto">{about}</span>],
            ['Request', record.route && <span className="mono">{record.route}</span>],
            ['From where', record.address && <span className="mono">{record.address}</span>],
            [
              'Request id',
              record.request_id && <IdText id={record.request_id} what="the request id" most={24} />,
            ],
            ['Operations', record.count > 1 ? record.count.toLocaleString('en-US') : undefined],
            ['Place in the log', `${record.chain} ${record.seq}`],
            ['Hash', <IdText key="hash" id={record.hash} what="the hash" most={24} />],
          ]}
        />
        {record.details !== '' && (
          <div className={classes.details}>
            <CodeBlock code={renderDetails(record.details)} label="Copy the details" />
          </div>
        )}
      </section>
    </aside>
  );
}

/** A value of the record that the list can be narrowed to. */
function Narrow({ text, onClick }: { readonly text: string; readonly onClick: () => void }) {
  return (
    <button type="button" className={classes.textButton} title="Show only these" onClick={onClick}>
      <span dir="auto">{text}</span>
    </button>
  );
}
