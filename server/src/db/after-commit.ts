/**
 * Runs what waited for a commit. The write has happened: an action that fails changes nothing about it, nor does it keep
 * the others from running.
 */
export function runAfterCommit(
  actions: readonly (() => void)[],
  onActionError: (error: unknown) => void,
): void {
  for (const action of actions) {
    try {
      // A function whose promise nobody waits for is assignable, too: its failure would end the process.
      const result: unknown = action();
      if (result instanceof Promise) result.catch(onActionError);
    } catch (error) {
      onActionError(error);
    }
  }
}
