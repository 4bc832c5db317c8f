/** What stands under the pointer or the keys, for who does not see it. */
export function Spoken({
  title,
  rows,
}: {
  readonly title?: string | undefined;
  readonly rows?: readonly (readonly [string, string])[];
}) {
  return (
    <span className="visually-hidden" aria-live="polite">
      {title === undefined
        ? ''
        : `${title}: ${(rows ?? []).map(([name, value]) => `${name} ${value}`).join(', ')}`}
    </span>
  );
}
