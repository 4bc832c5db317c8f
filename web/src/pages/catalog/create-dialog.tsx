import { Button, Modal, Textarea, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { createContainer } from '../../data/catalog.ts';
import layout from '../../identity/list-detail.module.css';
import { linkTo } from './catalog-search.ts';

interface CreateDialogProps {
  readonly type: 'catalog' | 'schema';
  /** That the schema is to be in. */
  readonly catalog?: string;
  readonly onClose: () => void;
}

/** Makes a catalog, or a schema of one, and shows it. */
export function CreateDialog({ type, catalog, onClose }: CreateDialogProps) {
  const [name, setName] = useState('');
  const [comment, setComment] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const navigate = useNavigate();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const made = await createContainer(type, { name: name.trim(), comment: comment.trim(), catalog });
      onClose();
      void navigate(linkTo(made));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={type === 'catalog' ? 'New catalog' : `New schema in ${catalog ?? ''}`}
    >
      <form className={layout.form} onSubmit={(event) => void submit(event)}>
        <TextInput
          label="Name"
          description={
            type === 'catalog'
              ? 'The first level of the names in it: prod, in prod.ml.fraud_score. It comes with a schema default.'
              : 'The second level of the names in it: ml, in prod.ml.fraud_score.'
          }
          dir="auto"
          maxLength={255}
          required
          data-autofocus
          value={name}
          error={problem}
          onChange={({ currentTarget }) => {
            setName(currentTarget.value);
            setProblem(undefined);
          }}
        />
        <Textarea
          label="Description"
          description="Markdown; what belongs here, and who answers for it."
          autosize
          minRows={2}
          maxRows={8}
          dir="auto"
          value={comment}
          onChange={({ currentTarget }) => setComment(currentTarget.value)}
        />
        <p className="dim">You will own it. Others see nothing of it until they are given a right.</p>
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={name.trim() === ''}>
            Create {type}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
