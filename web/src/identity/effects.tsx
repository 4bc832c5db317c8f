import classes from '../registry/registry.module.css';

/** What a change of rights will do, before it is done. The sentences are ours, whichever way their names are read. */
export function Effects({ lines }: { readonly lines: readonly string[] }) {
  return (
    <section className={classes.happens} aria-label="What will happen">
      <h3>What will happen</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </section>
  );
}
