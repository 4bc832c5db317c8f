import { Button } from '@mantine/core';
import { Plus, Scale } from 'lucide-react';
import { CaptureFields } from './capture-fields.tsx';
import {
  type ConfigDraft,
  type EntityDraft,
  namesOf,
  newEntity,
  sharedEvenly,
  sumOf,
  withPercent,
} from './config-draft.ts';
import { EntityFields } from './entity-fields.tsx';
import classes from './serving-form.module.css';
import { TrafficBar } from './traffic-bar.tsx';

interface ConfigFieldsProps {
  readonly draft: ConfigDraft;
  readonly endpoint: string;
  /** Whether its first field is the first of the form. */
  readonly isFirst: boolean;
  readonly onChange: (draft: ConfigDraft) => void;
}

const MOST_ENTITIES = 10;

/** All of a configuration: the models with their shares, and where requests are kept. */
export function ConfigFields({ draft, endpoint, isFirst, onChange }: ConfigFieldsProps) {
  const { entities, capture } = draft;
  const names = namesOf(entities);
  const change = (next: readonly EntityDraft[]) => onChange({ ...draft, entities: next });
  const remove = (key: number) => {
    const rest = entities.filter((entity) => entity.key !== key);
    const [only] = rest;
    change(rest.length === 1 && only !== undefined ? [{ ...only, percent: 100 }] : rest);
  };
  return (
    <>
      {entities.map((entity, i) => (
        <EntityFields
          key={entity.key}
          entity={entity}
          name={names[i]!}
          place={i + 1}
          isAlone={entities.length === 1}
          isFirst={isFirst && i === 0}
          onChange={(of) =>
            change(entities.map((each) => (each.key === entity.key ? { ...each, ...of } : each)))
          }
          onPercent={(percent) => change(withPercent(entities, entity.key, percent))}
          onRemove={() => remove(entity.key)}
        />
      ))}
      {entities.length > 1 && (
        <TrafficBar
          shares={entities.map(({ key, percent }, i) => ({ key, name: names[i]!, percent }))}
          sum={sumOf(entities)}
        />
      )}
      <div className={classes.adding}>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Plus size={13} aria-hidden />}
          disabled={entities.length >= MOST_ENTITIES}
          onClick={() => change([...entities, newEntity({ percent: Math.max(0, 100 - sumOf(entities)) })])}
        >
          Add a model
        </Button>
        {entities.length > 1 && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<Scale size={13} aria-hidden />}
            onClick={() => change(sharedEvenly(entities))}
          >
            Share evenly
          </Button>
        )}
      </div>
      {capture !== undefined && (
        <CaptureFields
          capture={capture}
          endpoint={endpoint}
          onChange={(next) => onChange({ ...draft, capture: next })}
        />
      )}
    </>
  );
}
