import { Button, Menu } from '@mantine/core';
import type { ModelVersion } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { AtSign, ChevronDown, Download } from 'lucide-react';
import { useState } from 'react';
import { modelQuery, versionTableQuery } from '../../data/models.ts';
import { AliasBadge, StageBadge } from '../../registry/alias-badge.tsx';
import { AliasDialog, type AliasProposal } from '../../registry/alias-dialog.tsx';
import { STAGES, type Stage } from '../../registry/registry-changes.ts';
import { StageDialog, type StageProposal } from '../../registry/stage-dialog.tsx';
import { Status } from '../../ui/status.tsx';
import { folderZipUrl } from '../../viewers/artifact-owner.ts';
import classes from './model-version-page.module.css';

export function VersionHeader({ version }: { readonly version: ModelVersion }) {
  const { name, version: number, aliases } = version;
  const [alias, setAlias] = useState<AliasProposal | undefined>();
  const [stage, setStage] = useState<StageProposal | undefined>();
  const model = useQuery(modelQuery(name));
  const table = useQuery(versionTableQuery(name, []));
  const versions = table.data?.versions ?? [];
  const propose = (to: Stage) =>
    setStage({
      version: number,
      from: version.stage as Stage,
      to,
      others: versions
        .filter((other) => other.version !== number && other.current_stage === to)
        .map((other) => other.version),
    });
  return (
    <header className={classes.header}>
      <h1 className={classes.title} dir="auto" title={name}>
        {name} <span className={classes.number}>version {number}</span>
      </h1>
      <Status status={version.status} />
      {aliases.map((one) => (
        <AliasBadge key={one} alias={one} />
      ))}
      <StageBadge stage={version.stage} />
      <span className={classes.spread} />
      <Button
        size="xs"
        variant="default"
        component="a"
        href={folderZipUrl({ modelName: name, version: number })}
        leftSection={<Download size={14} aria-hidden />}
      >
        Download
      </Button>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button size="xs" variant="default" rightSection={<ChevronDown size={14} aria-hidden />}>
            Stage
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {STAGES.filter((one) => one !== version.stage).map((one) => (
            <Menu.Item key={one} onClick={() => propose(one)}>
              Move to {one}…
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Button
        size="xs"
        leftSection={<AtSign size={14} aria-hidden />}
        onClick={() => setAlias({ alias: '', version: number })}
      >
        Set an alias
      </Button>
      <AliasDialog
        name={name}
        aliases={model.data?.aliases ?? {}}
        versions={versions.length === 0 ? [number] : versions.map((one) => one.version)}
        proposal={alias}
        onClose={() => setAlias(undefined)}
      />
      <StageDialog name={name} proposal={stage} onClose={() => setStage(undefined)} />
    </header>
  );
}
