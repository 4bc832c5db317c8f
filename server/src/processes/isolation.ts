import type { Isolation } from './port.ts';

/** The steps, as a program reports them, without which there is no jail. */
const JAIL_STEPS = ['own files', 'own processes', 'filtered system calls'];

/** What a program has reported, against what makes a jail. */
export function judgeIsolation(steps: readonly string[]): { isolation: Isolation; lack: string | undefined } {
  const missing = JAIL_STEPS.filter((step) => !steps.includes(step));
  if (missing.length === 0) return { isolation: 'jail', lack: undefined };
  return { isolation: 'process', lack: `The system does not give a model: ${missing.join(', ')}.` };
}
