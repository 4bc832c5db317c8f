import { Checkbox, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { childrenQuery } from '../data/catalog.ts';
import { METASTORE } from '../data/securables.ts';
import { SuggestingField } from '../registry/suggesting-field.tsx';
import type { CaptureDraft } from './config-draft.ts';
import classes from './serving-form.module.css';

interface CaptureFieldsProps {
  readonly capture: CaptureDraft;
  /** Of the endpoint: what tables are called without a prefix. */
  readonly endpoint: string;
  readonly onChange: (capture: CaptureDraft) => void;
}

/** Whether requests and answers are kept as rows of a table, and of which. */
export function CaptureFields({ capture, endpoint, onChange }: CaptureFieldsProps) {
  const { isOn, catalog, schema, prefix } = capture;
  const catalogs = useQuery({ ...childrenQuery(METASTORE), enabled: isOn });
  const named = catalog.trim();
  const isKnown = catalogs.data?.some(({ name }) => name === named) ?? false;
  const schemas = useQuery({
    ...childrenQuery({ type: 'catalog', name: named }),
    enabled: isOn && isKnown,
  });
  return (
    <div className={classes.fields}>
      <Checkbox
        label="Keep requests and answers in a table"
        description="A Delta table of the catalog: for monitoring, labels and audits."
        checked={isOn}
        onChange={({ currentTarget }) => onChange({ ...capture, isOn: currentTarget.checked })}
      />
      {isOn && (
        <div className={classes.triple}>
          <SuggestingField
            label="Catalog"
            description="Where the table is made"
            placeholder="prod"
            suggestions={catalogs.data?.map(({ name }) => name) ?? []}
            value={catalog}
            error={undefined}
            onChange={(next) => onChange({ ...capture, catalog: next })}
          />
          <SuggestingField
            label="Schema"
            description="It must be there already"
            placeholder="ml"
            suggestions={schemas.data?.map(({ name }) => name) ?? []}
            value={schema}
            error={undefined}
            onChange={(next) => onChange({ ...capture, schema: next })}
          />
          <TextInput
            label="Prefix"
            description="_payload follows"
            placeholder={endpoint || 'fraud_score'}
            maxLength={200}
            value={prefix}
            onChange={({ currentTarget }) => onChange({ ...capture, prefix: currentTarget.value })}
          />
        </div>
      )}
    </div>
  );
}
