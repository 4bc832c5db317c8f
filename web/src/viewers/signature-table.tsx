import type { ModelSignature, SignatureField } from './mlmodel.ts';
import { numbered } from './numbered.ts';
import classes from './signature-table.module.css';

/** What a model takes and gives, by name and type. */
export function SignatureTable({ signature }: { readonly signature: ModelSignature }) {
  const parts = [
    { title: 'Inputs', fields: signature.inputs },
    { title: 'Outputs', fields: signature.outputs },
    { title: 'Params', fields: signature.params },
  ].filter(({ fields }) => fields.length > 0);
  return (
    <div className={classes.parts}>
      {parts.map(({ title, fields }) => (
        <FieldTable key={title} title={title} fields={fields} />
      ))}
    </div>
  );
}

function FieldTable({
  title,
  fields,
}: {
  readonly title: string;
  readonly fields: readonly SignatureField[];
}) {
  return (
    <div className={classes.frame}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">
              {title} <span className={classes.count}>{fields.length}</span>
            </th>
            <th scope="col">Type</th>
          </tr>
        </thead>
        <tbody>
          {numbered(fields).map(({ key, item: { name, type, isRequired, byDefault } }) => {
            return (
              <tr key={key}>
                <td dir="auto">{name ?? <span className="dim">unnamed</span>}</td>
                <td>
                  <span className="mono">{type}</span>
                  {!isRequired && <span className={classes.note}> optional</span>}
                  {byDefault !== undefined && <span className={classes.note}> = {byDefault}</span>}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
