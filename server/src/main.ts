#!/usr/bin/env -S node --max-semi-space-size=8
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { compose, openDoorOfHome } from './compose.ts';
import { MODELS_FLAGS, runModelsCommand, spellOut } from './compose-models.ts';
import { adoptKeyOfHome, composeStorage, openAudit } from './compose-storage.ts';
import { describeSettings, readConfig } from './config.ts';
import { AUDIT_FLAGS, readAuditCommand, runAuditCommand } from './governance/audit-command.ts';
import { AppError } from './kernel/errors.ts';
import { takeFlags } from './migration/command-flags.ts';
import { EXPORT_FLAGS, readExportCommand, runExportCommand } from './migration/export-command.ts';
import { IMPORT_FLAGS, readImportCommand, runImportCommand } from './migration/import-command.ts';
import { readCredentials } from './migration/places.ts';
import {
  APPLY_FLAGS,
  type ApplyCommand,
  type CommandInput,
  readApplyCommand,
  readInitCommand,
  runApplyCommand,
} from './setup/apply-command.ts';
import { openRemoteDoor } from './setup/door.ts';
import { WORKSPACE_TEMPLATE } from './setup/template.ts';
import { describeStartFault } from './start-faults.ts';
import { readSqlCommand, runSqlCommand, SQL_FLAGS } from './statements/sql-command.ts';
import { GC_FLAGS, readGcCommand, runGcCommand } from './tracking/gc-command.ts';

/** As far from the sources as from the bundle. */
const BUILT_PAGES = fileURLToPath(new URL('../../web/dist', import.meta.url));
/** Commands that need no server keep copies of models and environments here. */
const CACHE_HOME = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'slipway');
const PACKAGE = new URL('../package.json', import.meta.url);

const USAGE = `slipway: self-hosted MLOps

  slipway server [flags]     serves; this is also what no command means
  slipway import mlflow --from PLACE [--artifacts copy|reference|none] [flags]
                             copies everything from sqlite:///mlflow.db, postgresql://…, ./mlruns or http://…;
                             artifacts go to --artifacts-to; --artifacts-from says where mlflow-artifacts:/ lies,
                             a folder or the address of the running server. Can be stopped and started again
  slipway export mlflow --to http://… [--artifacts copy|none] [flags]
                             copies everything to a running MLflow server; can be stopped and started again
  slipway gc [--older-than 30d] [--grace 1h] [--experiment-ids 1,2] [--run-ids …] [--dry-run] [flags]
                             removes for good what was deleted before --older-than, and frees the bytes that no file
                             has used for --grace; --dry-run only tells what would go, by experiment
  slipway adopt-key [flags]  makes secret.key in the home folder the key of the database when the one that it had is
                             lost: the secrets of webhooks must be set again
  slipway apply -f workspace.yaml [--url https://… --token …] [--yes] [flags]
                             makes users, groups, catalogs, grants, webhooks as the file declares them; shows the plan
                             first. Without --url on the database of --home; the token may be in SLIPWAY_TOKEN
  slipway init-workspace [--print] [--url … --token …] [--yes] [flags]
                             catalogs dev, staging and prod with the roles of a team; --print only prints the file
  slipway audit verify [--checkpoint N:HASH] [--trust-key KEY,…] [flags]
                             reads the whole audit log and names the first record that was changed, removed or moved;
                             --checkpoint holds it to one that was noted down, --trust-key names earlier keys
  slipway audit export [flags]
                             writes the audit log as lines of JSON
  slipway sql "SELECT …" [--url http://…] [--token …] [--format table|csv|json] [--catalog …] [--schema …]
                             runs a statement on a running server and writes its result; the token is better given as
                             SLIPWAY_TOKEN. SHOW TABLES IN system.mlflow tells what can be read
  slipway models serve -m MODEL [-p 5000] [-h 127.0.0.1] [-w 1] [-t 60] [--env-manager uv|local] [--url … --token …]
                             serves one model as \`mlflow models serve\` does. MODEL is models:/NAME/VERSION,
                             models:/NAME/STAGE, models:/NAME@ALIAS, models:/m-ID, runs:/RUN_ID/PATH or a folder; the
                             server is --url, or MLFLOW_TRACKING_URI
  slipway models predict -m MODEL -i rows.csv|rows.parquet|TABLE -o answers.… [--params JSON] [--batch 4096] [-w 1]
                             writes the rows with the model's answers beside them; TABLE is the folder of a Delta table;
                             --endpoint NAME asks an endpoint of --url instead of -m. Can be stopped and started again
  slipway models build-image -m MODEL -o FOLDER [--target docker|kubernetes|sagemaker|azureml]
                             writes a folder from which \`docker build\` makes an image that serves the model
  slipway help               this text
  slipway --version          the version of this program

Flags of the server, and the environment variables of the same meaning:
${describeSettings()}
`;

async function main(args: readonly string[]): Promise<void> {
  // As in MLflow's command, `models serve -h` names a host.
  const asksForHelp = (arg: string) => arg === '--help' || (arg === '-h' && args[0] !== 'models');
  if (args.some(asksForHelp)) {
    process.stdout.write(USAGE);
    return;
  }
  if (args.length === 1 && args[0] === '--version') {
    const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
    process.stdout.write(`${version}\n`);
    return;
  }
  const [command, ...rest] = args[0] === undefined || args[0].startsWith('--') ? ['server', ...args] : args;
  switch (command) {
    case 'server':
      return serve(rest);
    case 'import':
      return importMlflow(rest);
    case 'export':
      return exportMlflow(rest);
    case 'gc':
      return collectGarbage(rest);
    case 'apply':
      return apply(rest, readApplyCommand);
    case 'init-workspace':
      if (rest.includes('--print')) return writeOut(WORKSPACE_TEMPLATE);
      return apply(rest, readInitCommand);
    case 'audit':
      return audit(rest);
    case 'sql':
      return sql(rest);
    case 'models':
      return models(rest);
    case 'adopt-key':
      return adoptKeyOfHome(readConfig(rest, process.env));
    case 'help':
      process.stdout.write(USAGE);
      return;
    default:
      throw new AppError('InvalidArgument', `Unknown command '${command}'.\n\n${USAGE}`);
  }
}

async function serve(args: readonly string[]): Promise<void> {
  const config = readConfig(args, process.env);
  const program = await compose({ ...config, pagesFolder: config.pagesFolder ?? BUILT_PAGES });
  const address = await program.server.listen({ host: config.host, port: config.port });
  program.logger.info('listening', { address, home: config.home });
  program.logger.flush();
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A second signal means now.
      if (stopping) process.exit(1);
      stopping = true;
      void program.close().then(() => process.exit(0));
    });
  }
}

async function models([what, ...args]: readonly string[]): Promise<void> {
  const { flags, rest } = takeFlags(spellOut(args), MODELS_FLAGS);
  const { home, environments, telemetry } = readConfig(rest, { SLIPWAY_HOME: CACHE_HOME, ...process.env });
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A second signal means now.
      if (stop.signal.aborted) process.exit(1);
      stop.abort(new AppError('Unavailable', 'Stopped.'));
    });
  }
  const write = (text: string) => void process.stderr.write(text);
  const settings = { home, environments, telemetry };
  await runModelsCommand({ what, flags, settings, environment: process.env, write }, stop.signal);
}

async function sql(args: readonly string[]): Promise<void> {
  const { flags, rest } = takeFlags(args, SQL_FLAGS);
  await runSqlCommand(
    { fetch, write: (text) => void process.stdout.write(text) },
    readSqlCommand(flags, { rest, env: process.env }),
  );
}

async function exportMlflow(args: readonly string[]): Promise<void> {
  const [what, ...others] = args;
  if (what !== 'mlflow')
    throw new AppError('InvalidArgument', `Expected \`slipway export mlflow\`.\n\n${USAGE}`);
  const { flags, rest } = takeFlags(others, EXPORT_FLAGS);
  const command = readExportCommand(flags);
  const storage = await composeStorage(readConfig(rest, process.env), { mayBeNew: false });
  try {
    const credentials = readCredentials(process.env);
    await runExportCommand({ ...storage, credentials, write: (text) => process.stdout.write(text) }, command);
  } finally {
    await storage.close();
  }
}

async function importMlflow(args: readonly string[]): Promise<void> {
  const [what, ...others] = args;
  if (what !== 'mlflow')
    throw new AppError('InvalidArgument', `Expected \`slipway import mlflow\`.\n\n${USAGE}`);
  const { flags, rest } = takeFlags(others, IMPORT_FLAGS);
  const command = readImportCommand(flags);
  const destination = flags['artifacts-to'];
  const config = readConfig(
    destination === undefined ? rest : [...rest, '--artifacts', destination],
    process.env,
  );
  const storage = await composeStorage(config, { mayBeNew: true });
  try {
    await runImportCommand(
      {
        ...storage,
        currentFolder: process.cwd(),
        credentials: readCredentials(process.env),
        write: (text) => process.stdout.write(text),
      },
      command,
    );
  } finally {
    await storage.close();
  }
}

async function apply(
  args: readonly string[],
  readCommand: (input: CommandInput) => ApplyCommand,
): Promise<void> {
  const spelled = args.filter((arg) => arg !== '--yes').map((arg) => (arg === '-f' ? '--file' : arg));
  const { flags, rest } = takeFlags(spelled, APPLY_FLAGS);
  const command = readCommand({ flags, yes: args.includes('--yes'), environment: process.env });
  const { door, close } =
    command.url === undefined
      ? await openDoorOfHome(readConfig(rest, process.env))
      : { door: openRemoteDoor({ url: command.url, token: command.token }), close: async () => {} };
  try {
    const services = {
      door,
      variable: (name: string) => process.env[name],
      write: (text: string) => process.stdout.write(text),
      confirm: process.stdin.isTTY ? confirmAtTerminal : undefined,
    };
    if (!(await runApplyCommand(services, command))) process.exitCode = 1;
  } finally {
    await close();
  }
}

async function confirmAtTerminal(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}

async function audit(args: readonly string[]): Promise<void> {
  const [what, ...others] = args;
  const { flags, rest } = takeFlags(others, AUDIT_FLAGS);
  const command = readAuditCommand(what, flags);
  const { db, publicKey, close } = await openAudit(readConfig(rest, process.env));
  try {
    const whole = await runAuditCommand({ db, publicKey, write: writeOut }, command);
    if (!whole) process.exitCode = 1;
  } finally {
    await close();
  }
}

/** Waits for a reader that is slower than the database. */
async function writeOut(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

async function collectGarbage(args: readonly string[]): Promise<void> {
  const { flags, rest } = takeFlags(
    args.filter((arg) => arg !== '--dry-run'),
    GC_FLAGS,
  );
  const command = readGcCommand(flags, { dryRun: args.includes('--dry-run') });
  const storage = await composeStorage(readConfig(rest, process.env), { mayBeNew: false });
  try {
    await runGcCommand({ ...storage, write: (text) => process.stdout.write(text) }, command);
  } finally {
    await storage.close();
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${describeStartFault(error)}\n`);
  process.exit(1);
});
