import { ActionIcon, Checkbox, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useState } from 'react';
import { modelListQuery, modelQuery, versionTableQuery } from '../data/models.ts';
import { SuggestingField } from '../registry/suggesting-field.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { type EntityDraft, SIZES, type SizeChoice } from './config-draft.ts';
import classes from './serving-form.module.css';

interface EntityFieldsProps {
  readonly entity: EntityDraft;
  /** What it will be called, also where nothing was typed. */
  readonly name: string;
  /** Its place among the others, from 1. */
  readonly place: number;
  readonly isAlone: boolean;
  readonly isFirst: boolean;
  readonly onChange: (change: Partial<EntityDraft>) => void;
  readonly onPercent: (percent: number) => void;
  readonly onRemove: () => void;
}

const TYPING_MS = 200;
const IN_PLACE = { withinPortal: false };

/** One served model: which, how large, and how much of the requests it gets. */
export function EntityFields(props: EntityFieldsProps) {
  const { entity, name, place, isAlone, isFirst, onChange, onPercent, onRemove } = props;
  const [isOpen, setOpen] = useState(entity.variables !== '' || entity.size === 'custom');
  const [typed] = useDebouncedValue(entity.model.trim(), TYPING_MS);
  const quoted = typed.replaceAll("'", "''");
  const { data: found } = useQuery(modelListQuery(typed === '' ? '' : `name ILIKE '%${quoted}%'`));
  return (
    <fieldset className={classes.entity}>
      <legend className={classes.legend} dir="auto">
        {isAlone ? 'Model' : `Model ${place}: ${name}`}
      </legend>
      {!isAlone && (
        <span className={classes.remove}>
          <Tooltip label="Serve it no more">
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label={`Take model ${place} out`}
              onClick={onRemove}
            >
              <X size={14} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </span>
      )}
      <div className={classes.pair}>
        <SuggestingField
          label="Registered model"
          description="Its name, with catalog and schema if it has them."
          placeholder="prod.ml.fraud_score"
          suggestions={found?.models.map((model) => model.name) ?? []}
          value={entity.model}
          error={undefined}
          isFirst={isFirst}
          onChange={(model) => onChange({ model, ...(model !== entity.model && { target: '' }) })}
        />
        <TargetField entity={entity} onChange={onChange} />
      </div>
      <div className={classes.pair}>
        <Select
          label="Size"
          description="Requests answered at once; more wait."
          comboboxProps={IN_PLACE}
          allowDeselect={false}
          data={Object.entries(SIZES).map(([value, label]) => ({ value, label }))}
          value={entity.size}
          onChange={(size) => {
            onChange({ size: size as SizeChoice });
            if (size === 'custom') setOpen(true);
          }}
        />
        <NumberInput
          label="Share of the requests, in %"
          description="Those of all models add up to 100."
          min={0}
          max={100}
          allowDecimal={false}
          value={entity.percent}
          onChange={(percent) => onPercent(Number(percent) || 0)}
        />
      </div>
      <Checkbox
        label="Scale to zero"
        description="Without requests for a while it costs nothing; the next request waits for the start."
        checked={entity.scaleToZero}
        onChange={({ currentTarget }) => onChange({ scaleToZero: currentTarget.checked })}
      />
      <details
        className={classes.more}
        open={isOpen}
        onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
      >
        <summary>Name, bounds, environment variables</summary>
        <div className={classes.fields}>
          <TextInput
            label="Name of the served model"
            description="What requests and logs call it."
            placeholder={name}
            maxLength={63}
            value={entity.name}
            onChange={({ currentTarget }) => onChange({ name: currentTarget.value })}
          />
          {entity.size === 'custom' && (
            <div className={classes.pair}>
              <NumberInput
                label="Least at once"
                min={0}
                max={1024}
                allowDecimal={false}
                value={entity.min}
                onChange={(min) => onChange({ min: Number(min) || 0 })}
              />
              <NumberInput
                label="Most at once"
                min={1}
                max={1024}
                allowDecimal={false}
                value={entity.max}
                onChange={(max) => onChange({ max: Number(max) || 0 })}
              />
            </div>
          )}
          <Textarea
            label="Environment variables"
            description="One a line: NAME=value. {{secrets/scope/key}} stands for a secret, read at each start."
            autosize
            minRows={2}
            maxRows={8}
            spellCheck={false}
            value={entity.variables}
            onChange={({ currentTarget }) => onChange({ variables: currentTarget.value })}
          />
        </div>
      </details>
    </fieldset>
  );
}

/** A version by its number, or an alias, which the endpoint follows. */
function TargetField({ entity, onChange }: Pick<EntityFieldsProps, 'entity' | 'onChange'>) {
  const [model] = useDebouncedValue(entity.model.trim(), TYPING_MS);
  const asked = { enabled: model !== '' };
  const about = useQuery({ ...modelQuery(model), ...asked });
  const table = useQuery({ ...versionTableQuery(model), ...asked, placeholderData: undefined });
  const aliases = Object.entries(about.data?.aliases ?? {}).map(([alias, version]) => ({
    value: `@${alias}`,
    label: `@${alias} (version ${version} now)`,
  }));
  const versions = (table.data?.versions ?? []).map(({ version }) => ({
    value: version,
    label: `Version ${version}`,
  }));
  const known = [...aliases, ...versions];
  // What was chosen before the lists came, or has gone since, is shown all the same.
  const chosen = entity.target;
  const missing =
    chosen !== '' && !known.some(({ value }) => value === chosen)
      ? [{ value: chosen, label: chosen.startsWith('@') ? chosen : `Version ${chosen}` }]
      : [];
  const isMissing = about.error !== null && about.data === undefined && model === entity.model.trim();
  return (
    <Select
      label="Version or alias"
      description="An alias is followed: when it moves, so does the endpoint."
      placeholder={model === '' ? 'Choose the model first' : 'Choose'}
      comboboxProps={IN_PLACE}
      searchable
      openOnFocus={false}
      disabled={model === ''}
      error={isMissing ? 'There is no such model that you may see.' : undefined}
      nothingFoundMessage="It has no version yet"
      data={[
        ...(aliases.length > 0 ? [{ group: 'Aliases', items: aliases }] : []),
        ...(versions.length + missing.length > 0
          ? [{ group: 'Versions', items: [...missing, ...versions] }]
          : []),
      ]}
      value={chosen === '' ? null : chosen}
      onChange={(target) => onChange({ target: target ?? '' })}
    />
  );
}
