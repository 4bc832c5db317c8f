import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Waypoints } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { servedAtQuery } from '../data/endpoints.ts';
import { useShortcut } from '../ui/shortcuts.ts';
import classes from './served-at.module.css';

const CreateEndpointDialog = lazy(async () => ({
  default: (await import('./endpoint-dialog.tsx')).CreateEndpointDialog,
}));

interface OfVersion {
  readonly name: string;
  readonly version: string;
}

/** Which endpoints answer with a version; nothing where none does. */
export function ServedAt({ name, version }: OfVersion) {
  const { data } = useQuery(servedAtQuery(name));
  const here = data?.served.filter((each) => each.version === version) ?? [];
  if (here.length === 0) return null;
  return (
    <p className={classes.served}>
      <Waypoints size={14} aria-hidden />
      <span>
        Served by{' '}
        {here.map(({ endpoint, entity, percent, is_active: isActive, alias }, i) => (
          <span key={`${endpoint} ${entity} ${isActive}`}>
            {i > 0 && ', '}
            <Link to="/endpoints/$name" params={{ name: endpoint }}>
              {endpoint}
            </Link>{' '}
            <span className="dim">
              ({isActive ? `${percent} % of its requests` : 'coming up'}
              {alias !== undefined && `, by @${alias}`})
            </span>
          </span>
        ))}
      </span>
    </p>
  );
}

/** Makes an endpoint of a version; for those who may make one. */
export function ServeButton({ name, version }: OfVersion) {
  const { data } = useQuery(servedAtQuery(name));
  const [isOpen, setOpen] = useState(false);
  const navigate = useNavigate();
  const mayServe = data?.may_serve ?? false;
  useShortcut('s', 'Serve this version', () => mayServe && setOpen(true));
  if (!mayServe) return null;
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<Waypoints size={14} aria-hidden />}
        onClick={() => setOpen(true)}
      >
        Serve…
      </Button>
      {isOpen && (
        <Suspense>
          <CreateEndpointDialog
            model={{ name, target: version }}
            onClose={() => setOpen(false)}
            onMade={(made) => {
              setOpen(false);
              void navigate({ to: '/endpoints/$name', params: { name: made } });
            }}
          />
        </Suspense>
      )}
    </>
  );
}
