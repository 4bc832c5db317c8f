import { Button, Menu } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Bookmark, Check, Pencil, Save, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { queryClient } from '../../data/query-client.ts';
import { RequestError } from '../../data/request-error.ts';
import { changeView, createView, deleteView, type SavedView, viewsQuery } from '../../data/views.ts';
import { ButtonMenu } from '../../ui/button-menu.tsx';
import { NameDialog } from '../../ui/name-dialog.tsx';
import { notify, notifyFailure } from '../../ui/notices.tsx';
import classes from './runs-page.module.css';
import { type RunsSearch, type RunsState, readRunsSearch, viewOfState } from './runs-search.ts';

interface ViewsMenuProps {
  readonly scope: string;
  readonly state: RunsState;
  readonly onChange: (change: Partial<RunsState>) => void;
}

type View = SavedView<RunsSearch>;

/** Named states of the page that everybody can choose. */
export function ViewsMenu({ scope, state, onChange }: ViewsMenuProps) {
  const [wasOpened, setOpened] = useState(false);
  const { data: views } = useQuery({
    ...viewsQuery<RunsSearch>(scope),
    enabled: wasOpened || state.view !== undefined,
  });
  const [naming, setNaming] = useState<{ readonly view: View | undefined } | undefined>();
  const current = views?.find(({ view_id }) => view_id === state.view);
  const isChanged = current !== undefined && !isSameView(current.state, state);
  const read = () => queryClient.invalidateQueries({ queryKey: ['views', scope] });

  const open = (view: View) => {
    const kept = readRunsSearch(view.state);
    onChange({ ...kept, ids: state.ids, run: state.run, view: view.view_id });
  };
  const save = async (view: View) => {
    try {
      await changeView(view, { state: viewOfState(state) });
      notify({ text: `The view “${view.name}” was changed.` });
    } catch (error) {
      const isConflict = error instanceof RequestError && error.code === 'RESOURCE_CONFLICT';
      notifyFailure(
        isConflict
          ? new Error(
              `Somebody else has changed the view “${view.name}” meanwhile. Look at it, then save again.`,
            )
          : error,
      );
    }
    await read();
  };
  const remove = async (view: View) => {
    try {
      await deleteView(view.view_id);
      onChange({ view: undefined });
      await read();
      notify({
        text: `The view “${view.name}” was deleted.`,
        undo: () => void createView(scope, view.name, view.state).then(read, notifyFailure),
      });
    } catch (error) {
      notifyFailure(error);
    }
  };

  return (
    <>
      <ButtonMenu
        label="Views"
        align="end"
        width={260}
        onOpen={() => setOpened(true)}
        button={
          <Button
            size="compact-sm"
            variant="default"
            className={classes.viewButton}
            leftSection={<Bookmark size={14} aria-hidden />}
          >
            <span className={classes.viewName} dir="auto">
              {current === undefined ? 'Views' : current.name}
              {isChanged && ' *'}
            </span>
          </Button>
        }
      >
        {(views ?? []).map((view) => (
          <Menu.Item
            key={view.view_id}
            leftSection={
              view.view_id === state.view ? (
                <Check size={14} aria-hidden />
              ) : (
                <span className={classes.noMark} />
              )
            }
            onClick={() => open(view)}
          >
            <span dir="auto" className={classes.menuText}>
              {view.name}
            </span>
          </Menu.Item>
        ))}
        {views?.length === 0 && (
          <Menu.Label>
            Nobody has saved a view here yet. A view keeps columns, order, filter and charts.
          </Menu.Label>
        )}
        <Menu.Divider />
        {current && (
          <>
            <Menu.Item
              leftSection={<Save size={14} aria-hidden />}
              disabled={!isChanged}
              onClick={() => void save(current)}
            >
              Save the changes
            </Menu.Item>
            <Menu.Item
              leftSection={<Pencil size={14} aria-hidden />}
              onClick={() => setNaming({ view: current })}
            >
              Rename
            </Menu.Item>
            <Menu.Item leftSection={<Trash2 size={14} aria-hidden />} onClick={() => void remove(current)}>
              Delete
            </Menu.Item>
            <Menu.Divider />
          </>
        )}
        <Menu.Item
          leftSection={<Bookmark size={14} aria-hidden />}
          onClick={() => setNaming({ view: undefined })}
        >
          Save as a new view
        </Menu.Item>
      </ButtonMenu>
      {naming && (
        <NameDialog
          title={naming.view ? 'Rename the view' : 'Save as a new view'}
          description="It keeps columns, widths, order, filter, groups and charts."
          placeholder="Best by AUC"
          name={naming.view?.name ?? ''}
          maxLength={200}
          verbOf={() => (naming.view ? 'Rename' : 'Save view')}
          onClose={() => setNaming(undefined)}
          onName={async (name) => {
            if (naming.view) await changeView(naming.view, { name });
            else {
              const created = await createView(scope, name, viewOfState(state));
              onChange({ view: created.view_id });
              notify({ text: `Everybody who sees this page can choose “${name}” now.` });
            }
            await read();
          }}
        />
      )}
    </>
  );
}

function isSameView(saved: RunsSearch, state: RunsState): boolean {
  return sorted(viewOfState(readRunsSearch(saved))) === sorted(viewOfState(state));
}

const sorted = (search: RunsSearch) =>
  JSON.stringify(Object.entries(search).sort(([one], [other]) => (one < other ? -1 : 1)));
