import { client } from '../data/server.ts';
import { refreshModel } from './registry-changes.ts';
import { TypedConfirmation } from './typed-confirmation.tsx';

interface DeleteVersionProps {
  readonly version: {
    readonly name: string;
    readonly version: string;
    readonly aliases: readonly string[];
  };
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** After it is gone, before what showed it is read anew. */
  readonly onDeleted?: () => void;
}

/** Asks for the number before a version goes for good, and says who is left without a model. */
export function DeleteVersion({ version, isOpen, onClose, onDeleted }: DeleteVersionProps) {
  const { name, version: number, aliases } = version;
  const [first] = aliases;
  return (
    <TypedConfirmation
      isOpen={isOpen}
      title={`Delete version ${number}`}
      word={number}
      action="Delete for good"
      onClose={onClose}
      onConfirm={async () => {
        await client.modelVersions.delete(name, number);
        onDeleted?.();
        await refreshModel(name);
      }}
    >
      {first !== undefined && (
        <p>
          It holds {aliases.join(', ')}: whoever loads{' '}
          <code dir="auto">
            models:/{name}@{first}
          </code>{' '}
          finds nothing from then on. Move {aliases.length === 1 ? 'the alias' : 'the aliases'} first if that
          is not meant.
        </p>
      )}
      <p>
        The version does not come back, and its number is not given again. Files that its run logged stay.
      </p>
    </TypedConfirmation>
  );
}
