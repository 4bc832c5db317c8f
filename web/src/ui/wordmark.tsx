/** The mark: a hull on its ways, and the name beside it. */
export function Wordmark({ isFolded }: { readonly isFolded: boolean }) {
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: 10, fontWeight: 600, fontSize: 16 }}>
      <svg width="20" height="20" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="var(--accent)" />
        <path d="M6 22 26 14v4L6 26z" fill="var(--on-accent)" />
        <path d="M12 16.500V7l9 6z" fill="var(--on-accent)" />
      </svg>
      {isFolded ? null : 'Slipway'}
    </span>
  );
}
