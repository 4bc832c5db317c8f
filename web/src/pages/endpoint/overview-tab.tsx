import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { EndpointDetails } from '../../data/endpoints.ts';
import { keyOf } from '../../data/securables.ts';
import { Facts } from '../../ui/facts.tsx';
import { Panel } from '../../ui/panel.tsx';
import { EmptyState } from '../../ui/states.tsx';
import { TimeText } from '../../ui/texts.tsx';
import classes from './endpoint-page.module.css';
import type { EndpointSearch } from './endpoint-search.ts';
import { NumbersPanel } from './numbers-panel.tsx';
import { ServedPanel } from './served-panel.tsx';

interface OverviewTabProps {
  readonly endpoint: EndpointDetails;
  readonly search: EndpointSearch;
  readonly onSearch: (search: EndpointSearch) => void;
  /** Absent for those who may change nothing, and while a change is under way. */
  readonly onUpdate: (() => void) | undefined;
}

/** How the endpoint is, what it serves, and its numbers. */
export function OverviewTab({ endpoint, search, onSearch, onUpdate }: OverviewTabProps) {
  const { name, active, pending, update } = endpoint;
  return (
    <div className={classes.overview}>
      {pending !== undefined && (
        <ServedPanel
          title={update === 'IN_PROGRESS' ? 'Coming up' : 'Failed last'}
          endpoint={endpoint}
          config={pending}
        />
      )}
      {active !== undefined && (
        <ServedPanel title="Answers now" endpoint={endpoint} config={active} onEdit={onUpdate} />
      )}
      {active === undefined && pending === undefined && (
        <EmptyState title="It serves nothing yet">
          <p>Give it a model, and it answers requests.</p>
          {onUpdate !== undefined && (
            <Button size="xs" mt={12} onClick={onUpdate}>
              Serve a model…
            </Button>
          )}
        </EmptyState>
      )}
      {active !== undefined && <NumbersPanel name={name} search={search} onSearch={onSearch} />}
      <AboutPanel endpoint={endpoint} />
    </div>
  );
}

function AboutPanel({ endpoint }: { readonly endpoint: EndpointDetails }) {
  const { creator, created_at: created, updated_at: updated, description, table } = endpoint;
  const { rate_limits: limits, strict, process, permission_level: level } = endpoint;
  return (
    <Panel title="About this endpoint">
      <Facts
        facts={[
          ['Description', description && <span dir="auto">{description}</span>],
          ['Made by', creator && <span dir="auto">{creator}</span>],
          ['Made', <TimeText key="made" timeMs={created} />],
          ['Changed', <TimeText key="changed" timeMs={updated} />],
          [
            'Table of requests',
            table === undefined ? (
              <span className="dim">none: requests are not kept</span>
            ) : (
              <Link to="/catalog" search={{ on: keyOf({ type: 'table', name: table.name }) } as never}>
                {table.name}
              </Link>
            ),
          ],
          [
            'State of the table',
            table === undefined || table.status === 'READY' ? undefined : table.message || 'being made',
          ],
          [
            'Rate limits',
            limits
              .map(({ calls, key }) => `${calls} a minute ${key === 'user' ? 'for each user' : 'in all'}`)
              .join(', '),
          ],
          ['Input', strict ? 'strict: nothing is converted or left out' : undefined],
          ['Server processes', process.count > 1 ? `${process.count} answer for it` : undefined],
          ['You have', level],
        ]}
      />
    </Panel>
  );
}
