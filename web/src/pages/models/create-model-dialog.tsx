import { Button, Group, Modal, Stack, Textarea, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { client } from '../../data/server.ts';
import { refreshModel } from '../../registry/registry-changes.ts';

interface CreateModelDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Makes a model without versions; they come from runs. */
export function CreateModelDialog({ isOpen, onClose }: CreateModelDialogProps) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [error, setError] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const navigate = useNavigate();
  const create = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await client.registeredModels.create({ name, ...(description !== '' && { description }) });
      await refreshModel(name);
      setName('');
      setDescription('');
      onClose();
      void navigate({ to: '/models/$name', params: { name } });
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened={isOpen} onClose={onClose} title="New model">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <Stack gap="md">
          <TextInput
            label="Name"
            placeholder="fraud-detector, or prod.ml.fraud_detector"
            value={name}
            error={error}
            onChange={({ currentTarget }) => {
              setName(currentTarget.value);
              setError(undefined);
            }}
            data-autofocus
          />
          <Textarea
            label="Description"
            description="Markdown; what it predicts, from what, and who answers for it."
            autosize
            minRows={3}
            maxRows={12}
            value={description}
            onChange={({ currentTarget }) => setDescription(currentTarget.value)}
          />
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={isBusy} disabled={name.trim() === ''}>
              Create model
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
