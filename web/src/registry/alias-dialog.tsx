import { Autocomplete, Button, Group, Modal, Select, Stack } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { EventKind, TableVersion } from '../data/models.ts';
import { renderNumber } from '../ui/numbers.ts';
import { deltaOf, judge, metricOf } from './metric-deltas.ts';
import { moveAlias } from './registry-changes.ts';
import { WhatHappens } from './what-happens.tsx';

/** Choices belong to the dialog, not to the page around it. */
const IN_PLACE = { withinPortal: false };

/** An alias that is to be set, as far as it is known when the dialog opens. */
export interface AliasProposal {
  readonly alias: string;
  readonly version: string;
}

/** A version, and what was measured of it if that is known. */
export type MeasuredVersion = Pick<TableVersion, 'version' | 'metrics'>;

const ALIAS_SET: readonly EventKind[] = [{ entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' }];

interface AliasDialogProps {
  readonly name: string;
  /** The model's aliases and where they point. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Those that it can point at. */
  readonly versions: readonly MeasuredVersion[];
  readonly proposal: AliasProposal | undefined;
  readonly onClose: () => void;
}

/** Sets or moves an alias, after showing who gets what from then on. */
export function AliasDialog({ name, aliases, versions, proposal, onClose }: AliasDialogProps) {
  const [alias, setAlias] = useState('');
  const [version, setVersion] = useState('');
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    if (proposal === undefined) return;
    setAlias(proposal.alias);
    setVersion(proposal.version);
  }, [proposal]);
  const chosen = alias.trim();
  const from = Object.hasOwn(aliases, chosen) ? aliases[chosen] : undefined;
  const wrong = chosen === '' ? undefined : wrongWith(chosen);
  const isSame = from === version;
  const measured = (number: string | undefined) => versions.find((one) => one.version === number);
  const confirm = async () => {
    setBusy(true);
    await moveAlias({ name, alias: chosen, version, from });
    setBusy(false);
    onClose();
  };
  return (
    <Modal opened={proposal !== undefined} onClose={onClose} title="Set an alias" size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        <Stack gap="md">
          <Group grow align="flex-start">
            <Autocomplete
              comboboxProps={IN_PLACE}
              label="Alias"
              placeholder="champion"
              // What is typed in full needs no suggestion, which would cover what will happen.
              data={Object.keys(aliases)
                .filter((one) => one !== chosen)
                .sort()}
              openOnFocus={false}
              value={alias}
              onChange={setAlias}
              error={wrong}
              data-autofocus
            />
            <Select
              comboboxProps={IN_PLACE}
              label="Version"
              data={versions.map((one) => one.version)}
              value={version}
              allowDeselect={false}
              searchable
              onChange={(value) => value !== null && setVersion(value)}
            />
          </Group>
          {chosen !== '' && wrong === undefined && (
            <WhatHappens
              lines={[
                ...describeMove({ name, alias: chosen, version, from }),
                ...describeMeasured(measured(from), measured(version)),
              ]}
              events={ALIAS_SET}
            />
          )}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              loading={isBusy}
              disabled={chosen === '' || wrong !== undefined || version === '' || isSame}
            >
              {from === undefined ? 'Set alias' : 'Move alias'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** What a move of an alias means for those who load the model by it. */
export function describeMove({
  name,
  alias,
  version,
  from,
}: {
  readonly name: string;
  readonly alias: string;
  readonly version: string;
  readonly from: string | undefined;
}): readonly string[] {
  if (from === version) return [`${alias} points at version ${version} already: nothing changes.`];
  const uri = `models:/${name}@${alias}`;
  return from === undefined
    ? [`${alias} is a new alias of this model.`, `Whoever loads ${uri} gets version ${version}.`]
    : [
        `${alias} leaves version ${from} for version ${version}.`,
        `Whoever loads ${uri} from then on gets version ${version}; what is loaded already stays as it is.`,
        `Version ${from} can still be loaded as models:/${name}/${from}.`,
      ];
}

const MOST_MEASURED = 4;

/** How the metrics change for those who load by the alias: of each one that both versions have. */
function describeMeasured(
  from: MeasuredVersion | undefined,
  to: MeasuredVersion | undefined,
): readonly string[] {
  if (from === undefined || to === undefined || from === to) return [];
  const changes = Object.keys(to.metrics ?? {}).flatMap((key) => {
    const [before, after] = [metricOf(from, key), metricOf(to, key)];
    if (before === undefined || after === undefined || Object.is(before, after)) return [];
    const verdict = judge(key, deltaOf(after, before) ?? 0);
    return `${key} ${renderNumber(before)} → ${renderNumber(after)}${verdict === undefined ? '' : ` (${verdict})`}`;
  });
  if (changes.length === 0) return [];
  const more = changes.length - MOST_MEASURED;
  return [`${changes.slice(0, MOST_MEASURED).join(', ')}${more > 0 ? `, and ${more} more metrics` : ''}.`];
}

/** The server's rules for names of aliases, said while they are typed. */
export function wrongWith(alias: string): string | undefined {
  if (/^latest$/i.test(alias)) return 'latest stands for the highest version and cannot be set.';
  if (/^v\d+$/i.test(alias)) return `${alias} would be taken for a version's number.`;
  if (!/^[\p{L}\p{N}_-]+$/u.test(alias)) return 'Letters, digits, underscores and hyphens only.';
  if (alias.length > 255) return 'At most 255 characters.';
  return undefined;
}
