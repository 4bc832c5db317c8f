import { ActionIcon } from '@mantine/core';
import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { renderAgo, renderNumber, renderTime } from './numbers.ts';
import classes from './texts.module.css';
import { Tooltip } from './tooltip.tsx';

/** A number in four digits, with all of them on hover. */
export function NumberText({ value }: { readonly value: number }) {
  return <span title={String(value)}>{renderNumber(value)}</span>;
}

/** How long ago, with the time itself on hover. */
export function TimeText({ timeMs }: { readonly timeMs: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={new Date(timeMs).toISOString()} title={renderTime(timeMs)}>
      {renderAgo(timeMs, now)}
    </time>
  );
}

/** Cut in the middle where it is long: beginnings and ends tell ids and paths apart. */
export function MiddleText({ text, most = 32 }: { readonly text: string; readonly most?: number }) {
  const letters = [...text];
  if (letters.length <= most) return <span dir="auto">{text}</span>;
  const half = Math.floor((most - 1) / 2);
  return <span title={text}>{`${letters.slice(0, half).join('')}…${letters.slice(-half).join('')}`}</span>;
}

/** An id in the mono face with a button that copies it. */
export function IdText({
  id,
  what,
  most,
}: {
  readonly id: string;
  readonly what: string;
  readonly most?: number;
}) {
  return (
    <span className={classes.id}>
      <span className="mono">
        <MiddleText text={id} most={most ?? 40} />
      </span>
      <CopyButton text={id} label={`Copy ${what}`} />
    </span>
  );
}

const CONFIRMED_MS = 1500;

export function CopyButton({ text, label = 'Copy' }: { readonly text: string; readonly label?: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), CONFIRMED_MS);
  };
  const Icon = isCopied ? Check : Copy;
  return (
    <Tooltip label={isCopied ? 'Copied' : label}>
      <ActionIcon size="sm" variant="subtle" color="gray" aria-label={label} onClick={() => void copy()}>
        <Icon size={13} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
