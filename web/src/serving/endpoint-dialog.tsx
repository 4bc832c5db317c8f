import { Button, Modal, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { refreshEndpoints, type ServedConfig } from '../data/endpoints.ts';
import { client } from '../data/server.ts';
import { Effects } from '../identity/effects.tsx';
import { notify } from '../ui/notices.tsx';
import { ErrorNotice } from '../ui/states.tsx';
import { type ConfigDraft, configOf, NO_CAPTURE, newEntity, problemsOf } from './config-draft.ts';
import { configEffects } from './config-effects.ts';
import { ConfigFields } from './config-fields.tsx';
import classes from './serving-form.module.css';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

/** A new configuration with one model, which may be named already. */
const draftWith = (model: string, target: string): ConfigDraft => ({
  entities: [newEntity({ model, target, percent: 100 })],
  capture: NO_CAPTURE,
});

interface CreateEndpointProps {
  /** What is to be served; nothing yet without it. */
  readonly model?: { readonly name: string; readonly target: string };
  /** The dialog goes with the page that showed it, or is closed. */
  readonly onMade: (name: string) => void;
  readonly onClose: () => void;
}

/** Makes an endpoint, and says before what it will do. */
export function CreateEndpointDialog({ model, onMade, onClose }: CreateEndpointProps) {
  const [name, setName] = useState(model === undefined ? '' : proposedName(model.name));
  const written = name.trim();
  const problem =
    written === '' || NAME.test(written)
      ? undefined
      : 'It has 1 to 63 letters, digits, “-” and “_”, and begins with a letter or a digit.';
  return (
    <ConfigDialog
      title="New endpoint"
      action="Create endpoint"
      endpoint={written}
      active={undefined}
      first={draftWith(model?.name ?? '', model?.target ?? '')}
      problems={written === '' ? ['Give the endpoint a name.'] : problem === undefined ? [] : [problem]}
      onSend={async (config) => {
        await client.servingEndpoints.create({ name: written, ...config });
        notify({ text: `The endpoint ${written} is being brought up.` });
      }}
      onSent={() => onMade(written)}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        description="It stands in the address that programs ask."
        placeholder="fraud-score"
        required
        maxLength={63}
        data-autofocus
        value={name}
        error={problem}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
    </ConfigDialog>
  );
}

const proposedName = (model: string): string =>
  (model.split('.').at(-1) ?? '')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 63);

interface ChangeConfigProps {
  readonly endpoint: string;
  /** What answers now. */
  readonly active: ServedConfig | undefined;
  readonly draft: ConfigDraft;
  readonly title: string;
  readonly action: string;
  readonly onClose: () => void;
}

/** Gives an endpoint other models or another split. */
export function ChangeConfigDialog({ endpoint, active, draft, title, action, onClose }: ChangeConfigProps) {
  return (
    <ConfigDialog
      title={title}
      action={action}
      endpoint={endpoint}
      active={active}
      first={draft}
      problems={[]}
      onSend={async (config) => {
        await client.servingEndpoints.updateConfig(endpoint, config);
        notify({ text: `${endpoint} is being updated.` });
      }}
      onSent={onClose}
      onClose={onClose}
    />
  );
}

interface ConfigDialogProps {
  readonly title: string;
  readonly action: string;
  readonly endpoint: string;
  readonly active: ServedConfig | undefined;
  readonly first: ConfigDraft;
  /** Of the fields above. */
  readonly problems: readonly string[];
  readonly onSend: (config: ReturnType<typeof configOf>) => Promise<void>;
  /** It was taken: the dialog goes. */
  readonly onSent: () => void;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}

function ConfigDialog(props: ConfigDialogProps) {
  const { title, action, endpoint, active, first, onSend, onSent, onClose, children } = props;
  const [draft, setDraft] = useState(first);
  const [failure, setFailure] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const problems = [...props.problems, ...problemsOf(draft)];
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      await onSend(configOf(draft));
      onSent();
      await refreshEndpoints();
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={title} size={720}>
      <form className={classes.form} onSubmit={(event) => void submit(event)}>
        {children}
        <ConfigFields
          draft={draft}
          endpoint={endpoint}
          isFirst={children === undefined}
          onChange={(next) => {
            setDraft(next);
            setFailure(undefined);
          }}
        />
        {problems.length === 0 ? (
          <Effects lines={configEffects({ endpoint, active, draft })} />
        ) : (
          <ul className={classes.problems} aria-label="What is missing">
            {problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        )}
        {failure !== undefined && <ErrorNotice error={failure} what="The server refused it" />}
        <div className={classes.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={problems.length > 0}>
            {action}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
