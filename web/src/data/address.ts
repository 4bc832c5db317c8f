type Parameter = string | number | boolean | undefined;

/** A path with what is asked for; what is undefined or empty is left out. */
export function addressOf(path: string, query: Readonly<Record<string, Parameter>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}
