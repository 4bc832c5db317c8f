/** The scope that an address names. */
export function readScope({ scope }: Readonly<Record<string, unknown>>): string | undefined {
  // The router reads `?scope=12` as a number.
  const text = typeof scope === 'number' ? String(scope) : scope;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

export const linkTo = (scope: string) => ({ to: '/secrets', search: { scope } as never }) as const;
