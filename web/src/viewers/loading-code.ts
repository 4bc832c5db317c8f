import { serverUrl } from '../data/server.ts';
import { type ArtifactOwner, artifactUri } from './artifact-owner.ts';
import { kindOf } from './kinds.ts';

const quoted = (text: string): string => JSON.stringify(text);

/** The lines that read a file with the `mlflow` client. */
export function pythonForFile(owner: ArtifactOwner, path: string): string {
  const uri = quoted(artifactUri(owner, path));
  const head = `import mlflow\n\nmlflow.set_tracking_uri(${quoted(serverUrl)})\n`;
  switch (kindOf(path)) {
    case 'json':
      return `${head}content = mlflow.artifacts.load_dict(${uri})\n`;
    case 'text':
    case 'markdown':
      return `${head}content = mlflow.artifacts.load_text(${uri})\n`;
    case 'image':
      return `${head}image = mlflow.artifacts.load_image(${uri})\n`;
    case 'delimited':
    case 'parquet': {
      const read = kindOf(path) === 'parquet' ? 'read_parquet' : 'read_csv';
      return `import pandas as pd\n${head}table = pd.${read}(mlflow.artifacts.download_artifacts(${uri}))\n`;
    }
    default:
      return `${head}local_path = mlflow.artifacts.download_artifacts(${uri})\n`;
  }
}

/** The lines that read a file with our TypeScript client. */
export function typescriptForFile(owner: ArtifactOwner, path: string): string {
  const read = ['json', 'text', 'markdown', 'delimited'].includes(kindOf(path)) ? 'text' : 'bytes';
  return `${typescriptHead()}const content = await client.artifacts.${read}(${ownerCode(owner)}, ${quoted(path)});\n`;
}

export const typescriptHead = (): string =>
  `import { SlipwayClient } from '@slipway/client';\n\nconst client = new SlipwayClient({ baseUrl: ${quoted(serverUrl)} });\n`;

function ownerCode(owner: ArtifactOwner): string {
  const fields = Object.entries(owner).map(([name, value]) => `${name}: ${quoted(value)}`);
  return `{ ${fields.join(', ')} }`;
}
