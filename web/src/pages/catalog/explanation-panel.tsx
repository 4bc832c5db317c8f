import { Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { type Capable, capableQuery, type Explanation, explanationQuery } from '../../data/grants.ts';
import type { PrincipalKind } from '../../data/principals.ts';
import { actionsOf, renderPrivilege } from '../../data/privileges.ts';
import { keyOf, nameOf, readSecurable, type Securable } from '../../data/securables.ts';
import layout from '../../identity/list-detail.module.css';
import { PrincipalField, useIsKnown } from '../../identity/principal-field.tsx';
import { PrincipalName } from '../../identity/principal-name.tsx';
import { Verdict } from '../../identity/verdict.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ErrorNotice } from '../../ui/states.tsx';
import classes from './catalog-page.module.css';
import { type CatalogSearch, linkTo } from './catalog-search.ts';

interface ExplanationPanelProps {
  readonly on: Securable;
  /** Who may not manage it asks about themselves alone. */
  readonly manages: boolean;
  readonly search: CatalogSearch;
  readonly onSearch: (search: CatalogSearch) => void;
}

const TYPING_MS = 300;

/** Why somebody may do something with it, and who else may: the question is in the address. */
export function ExplanationPanel({ on, manages, search, onSearch }: ExplanationPanelProps) {
  const actions = actionsOf(on.type);
  const action = actions.find((each) => each.action === search.does) ?? actions[0]!;
  const [who, setWho] = useState(search.who ?? '');
  const [day, setDay] = useState('');
  const [settled] = useDebouncedValue(who.trim(), TYPING_MS);
  const isKnown = useIsKnown(settled);
  useEffect(() => {
    if (settled !== (search.who ?? '')) onSearch({ ...search, who: settled === '' ? undefined : settled });
  }, [settled]);
  return (
    <Panel title={manages ? 'Why can they, and who could?' : 'Why can I?'}>
      <div className={layout.inset}>
        <div className={classes.question}>
          {manages && (
            <PrincipalField
              label="Who"
              description="Nobody named: everybody who could."
              size="xs"
              value={who}
              onChange={setWho}
            />
          )}
          <Select
            label={manages ? 'may' : 'May I'}
            description={`with ${nameOf(on)}`}
            size="xs"
            allowDeselect={false}
            data={actions.map((each) => ({ value: each.action, label: each.words }))}
            value={action.action}
            onChange={(does) => onSearch({ ...search, does: does ?? undefined })}
          />
          {manages && who.trim() === '' && (
            <TextInput
              type="date"
              size="xs"
              label="On the day"
              description="Without one: now."
              max={new Date().toISOString().slice(0, 10)}
              value={day}
              onChange={({ currentTarget }) => setDay(currentTarget.value)}
            />
          )}
        </div>
        {manages && settled === '' && (
          <WhoCould on={on} action={action.action} words={action.words} atMs={endOf(day)} />
        )}
        {manages && isKnown === false && <p className={classes.answer}>Nobody is called that.</p>}
        {(!manages || isKnown === true) && (
          <Answer
            on={on}
            principal={manages ? settled : undefined}
            action={action.action}
            words={action.words}
          />
        )}
      </div>
    </Panel>
  );
}

/** Answers of the past are whole days, up to their end; undefined for now. */
function endOf(day: string): number | undefined {
  const end = Date.parse(`${day}T23:59:59.999`);
  return Number.isFinite(end) && end < Date.now() ? end : undefined;
}

interface QuestionProps {
  readonly on: Securable;
  readonly action: string;
  readonly words: string;
}

function Answer({
  on,
  principal,
  action,
  words,
}: QuestionProps & { readonly principal: string | undefined }) {
  const { data, error } = useQuery(explanationQuery(on, { principal, action }));
  if (error !== null)
    return (
      <div className={classes.answer}>
        <ErrorNotice error={error} what="This cannot be explained" />
      </div>
    );
  if (data === undefined) return null;
  return (
    <div className={classes.answer}>
      <Verdict isGood={data.allowed}>
        {data.principal} may {data.allowed ? '' : 'not '}
        {words}.
      </Verdict>
      <Reasons explanation={data} />
    </div>
  );
}

function Reasons({ explanation }: { readonly explanation: Explanation }) {
  const { principal, is_admin, grants, missing } = explanation;
  return (
    <>
      {is_admin && <p>Administrators may do everything.</p>}
      {grants.length > 0 && (
        <ul aria-label="The grants that count">
          {grants.map(({ privilege, on, holder }) => (
            <li key={`${privilege} ${keyOf(on)} ${holder}`}>
              {privilege === 'OWNER' ? 'Owner of ' : `${renderPrivilege(privilege)} on `}
              <Link {...linkTo(on, 'rights')}>{nameOf(on)}</Link>
              {holder.toLowerCase() !== principal.toLowerCase() && (
                <>
                  , by the group <strong dir="auto">{holder}</strong>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      {missing.length > 0 && (
        <>
          <p>What is missing:</p>
          <ul aria-label="What is missing">
            {missing.map(({ on, one_of }) => (
              <li key={`${keyOf(on)} ${one_of.join(' ')}`}>
                {oneOf(one_of)} on <Link {...linkTo(on, 'rights')}>{nameOf(on)}</Link>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

const oneOf = (privileges: readonly string[]): string =>
  privileges
    .filter((privilege) => privilege !== 'OWNER')
    .map(renderPrivilege)
    .join(' or ');

function WhoCould({ on, action, words, atMs }: QuestionProps & { readonly atMs: number | undefined }) {
  const { data, error } = useQuery(capableQuery(on, action, atMs));
  return (
    <div className={classes.answer}>
      {error !== null && <ErrorNotice error={error} what="Who could is not known" />}
      {data?.length === 0 && (
        <p>
          Nobody {atMs === undefined ? 'may' : 'might'} {words}.
        </p>
      )}
      {data !== undefined && data.length > 0 && (
        <ul aria-label={`Who may ${words}`} className={classes.capable}>
          {data.slice(0, MOST_SHOWN).map((each) => (
            <li key={each.principal}>
              <PrincipalName name={each.principal} kind={each.kind as PrincipalKind} />{' '}
              <span className="dim">{reasonOf(each)}</span>
            </li>
          ))}
        </ul>
      )}
      {data !== undefined && data.length > MOST_SHOWN && (
        <p className="dim">
          The first {MOST_SHOWN} of {data.length.toLocaleString('en-US')}; name somebody to ask about them.
        </p>
      )}
    </div>
  );
}

/** More than anybody reads. */
const MOST_SHOWN = 200;

function reasonOf({ principal, is_admin, held }: Capable): string {
  const reasons = held.map(({ holder, securable, privileges }) => {
    const on = readSecurable(securable);
    const by = holder.toLowerCase() === principal.toLowerCase() ? '' : ` by the group ${holder}`;
    return `${privileges.map(renderPrivilege).join(', ')} on ${on === undefined ? securable : nameOf(on)}${by}`;
  });
  return [...(is_admin ? ['administrator'] : []), ...reasons].join('; ');
}
