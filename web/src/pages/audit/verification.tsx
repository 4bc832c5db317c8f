import { Button, Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { type AuditVerdict, verificationQuery } from '../../data/audit.ts';
import { Verdict } from '../../identity/verdict.tsx';
import { renderTime } from '../../ui/numbers.ts';
import { ErrorNotice } from '../../ui/states.tsx';
import { IdText } from '../../ui/texts.tsx';
import classes from './audit-page.module.css';

/** Has the whole log read and checked, and says what was found. */
export function Verification() {
  const [isOpen, setOpen] = useState(false);
  const { data, error, isFetching, refetch } = useQuery(verificationQuery);
  const verify = () => {
    setOpen(true);
    void refetch();
  };
  return (
    <>
      <Button
        size="xs"
        variant="default"
        loading={isFetching}
        leftSection={<ShieldCheck size={14} aria-hidden />}
        onClick={verify}
      >
        Verify the log
      </Button>
      <Modal opened={isOpen} onClose={() => setOpen(false)} title="Verification of the log">
        <div className={classes.verdict} aria-live="polite">
          {isFetching && <p>Reading every record, and checking each hash and each signed checkpoint…</p>}
          {!isFetching && error !== null && (
            <ErrorNotice error={error} what="The log could not be verified" onRetry={verify} />
          )}
          {!isFetching && error === null && data !== undefined && <Found verdict={data} />}
        </div>
      </Modal>
    </>
  );
}

const MOST_FAULTS = 50;

function Found({ verdict }: { readonly verdict: AuditVerdict }) {
  const { whole, faults, records, chains, checkpoints, unsealed_records, last_checkpoint } = verdict;
  const counted = (count: number, noun: string) =>
    `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
  return (
    <>
      <Verdict isGood={whole}>
        {whole ? 'The log is whole: no record was changed, removed or put in.' : 'The log was tampered with.'}
      </Verdict>
      {faults.length > 0 && (
        <ul aria-label="What is wrong">
          {faults.slice(0, MOST_FAULTS).map(({ chain, number, at, what }) => (
            <li key={`${chain} ${number} ${what}`}>
              {what}
              {at !== undefined && <span className="dim"> ({renderTime(at)})</span>}
            </li>
          ))}
        </ul>
      )}
      <p className="dim">
        {counted(records, 'record')} in {counted(chains, 'chain')}, sealed by{' '}
        {counted(checkpoints, 'checkpoint')}; {counted(unsealed_records, 'record')} since the last one.
      </p>
      {last_checkpoint !== undefined && (
        <p>
          Note down checkpoint {last_checkpoint.number} elsewhere, and <code>slipway audit verify</code> holds
          the log to it: <IdText id={last_checkpoint.hash} what="the hash of the checkpoint" most={24} />
        </p>
      )}
    </>
  );
}
