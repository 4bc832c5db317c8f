import { Button, Checkbox, Group, Modal, Stack } from '@mantine/core';
import { useState } from 'react';
import type { EventKind } from '../data/models.ts';
import { moveStage } from './registry-changes.ts';
import type { Stage } from './stages.ts';
import { WhatHappens } from './what-happens.tsx';

/** A version that is to go to a stage. */
export interface StageProposal {
  readonly version: string;
  readonly from: Stage;
  readonly to: Stage;
  /** Other versions that are in the stage. */
  readonly others: readonly string[];
}

const STAGE_MOVED: readonly EventKind[] = [{ entity: 'MODEL_VERSION', action: 'STAGE_TRANSITIONED' }];

interface StageDialogProps {
  readonly name: string;
  readonly proposal: StageProposal | undefined;
  readonly onClose: () => void;
}

/** Moves a version to a stage, after showing who gets what from then on. */
export function StageDialog({ name, proposal, onClose }: StageDialogProps) {
  return (
    <Modal
      opened={proposal !== undefined}
      onClose={onClose}
      title={`Move to ${proposal?.to ?? ''}`}
      size="lg"
    >
      {proposal !== undefined && <StageForm name={name} proposal={proposal} onClose={onClose} />}
    </Modal>
  );
}

function StageForm({
  name,
  proposal,
  onClose,
}: {
  readonly name: string;
  readonly proposal: StageProposal;
  readonly onClose: () => void;
}) {
  const { version, from, to, others } = proposal;
  const canArchive = others.length > 0 && (to === 'Production' || to === 'Staging');
  const [archives, setArchives] = useState(true);
  const [isBusy, setBusy] = useState(false);
  const archived = canArchive && archives ? others : [];
  const newest = [version, ...others.filter((other) => !archived.includes(other))]
    .map(Number)
    .reduce((a, b) => Math.max(a, b));
  const lines = [
    `Version ${version} leaves ${from} for ${to}.`,
    ...(archived.length > 0 ? [`Version ${archived.join(', ')} leaves ${to} for Archived.`] : []),
    ...(to === 'None' || to === 'Archived'
      ? []
      : [`Whoever loads models:/${name}/${to} gets version ${newest}, the highest in the stage.`]),
  ];
  const confirm = async () => {
    setBusy(true);
    await moveStage({ name, version, from, to, archived });
    setBusy(false);
    onClose();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void confirm();
      }}
    >
      <Stack gap="md">
        {canArchive && (
          <Checkbox
            checked={archives}
            onChange={({ currentTarget }) => setArchives(currentTarget.checked)}
            label={`Archive what is in ${to} now (version ${others.join(', ')})`}
          />
        )}
        <WhatHappens lines={lines} events={STAGE_MOVED} />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} data-autofocus>
            Move to {to}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
