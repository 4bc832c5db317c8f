import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { totalmem } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { composeTelemetry, type Telemetry, type TelemetrySettings } from './compose-telemetry.ts';
import { createDeltaProcesses } from './delta/delta-processes.ts';
import { createEnvironments, type EnvironmentSettings } from './environments/environment-store.ts';
import { useLocalEnvironment } from './environments/local-environment.ts';
import { renderScoringFailure } from './http/invocations/answers.ts';
import { createScoringListener } from './http/invocations/scoring-server.ts';
import { systemClock } from './kernel/clock.ts';
import { invalidArgument } from './kernel/errors.ts';
import { openLocalEngine } from './processes/local/local-engine.ts';
import { PROGRAMS_FOLDER } from './python-programs.ts';
import { readBuildImageCommand, runBuildImageCommand } from './serving/build-image-command.ts';
import { createGateway } from './serving/gateway/gateway.ts';
import type { Gateway } from './serving/gateway/gateway-port.ts';
import { createModelFiles } from './serving/model-files.ts';
import { readPredictCommand, runPredictCommand } from './serving/predict-command.ts';
import { type ModelDoor, readServeCommand, runServeCommand } from './serving/serve-command.ts';
import type { SingleModel, SingleModelDependencies } from './serving/single-model.ts';
import { readTrackingServer } from './serving/tracking-server.ts';

export const MODELS_FLAGS = [
  'model-uri',
  'host',
  'port',
  'workers',
  'timeout',
  'env-manager',
  'url',
  'token',
  'input',
  'output',
  'params',
  'batch',
  'endpoint',
  'target',
] as const;

/** As MLflow's own command abbreviates them. */
const SHORT_FLAGS: Readonly<Record<string, (typeof MODELS_FLAGS)[number]>> = {
  '-m': 'model-uri',
  '-h': 'host',
  '-p': 'port',
  '-w': 'workers',
  '-t': 'timeout',
  '-i': 'input',
  '-o': 'output',
};

export interface ModelsCommand {
  /** `serve`, `predict`, `build-image`. */
  readonly what: string | undefined;
  readonly flags: Partial<Record<(typeof MODELS_FLAGS)[number], string>>;
  readonly settings: {
    readonly home: string;
    readonly environments: Omit<EnvironmentSettings, 'uvRequirements'>;
    /** Where spans of requests go; undefined for nowhere. */
    readonly telemetry: TelemetrySettings | undefined;
  };
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly write: (text: string) => void;
}

/** Of copies of models in the home, the longest unused go first. */
const MODELS_MAX_BYTES = 50 * 2 ** 30;
const MEMORY_SHARE = 0.6;
const IDLE_INTERPRETER_MS = 30 * 60_000;

/** The arguments with their short names written out, and without the switches that change nothing here. */
export function spellOut(args: readonly string[]): readonly string[] {
  return args.flatMap((arg) => {
    if (arg === '--no-conda') return ['--env-manager', 'local'];
    // Environments always have MLflow.
    if (arg === '--install-mlflow') return [];
    const long = SHORT_FLAGS[arg];
    return [long === undefined ? arg : `--${long}`];
  });
}

/** Runs one of `slipway models …` until it is done or the signal aborts. */
export async function runModelsCommand(command: ModelsCommand, signal: AbortSignal): Promise<void> {
  const { what, flags, settings, environment, write } = command;
  // Processes with models run as other users: they must be able to reach what lies in it.
  await mkdir(settings.home, { recursive: true, mode: 0o755 });
  const environments = createEnvironments(
    {
      ...settings.environments,
      uvRequirements: path.join(PROGRAMS_FOLDER, 'uv.txt'),
    },
    { clock: systemClock },
  );
  const modelFiles = createModelFiles({
    folder: path.join(settings.home, 'models'),
    maxBytes: MODELS_MAX_BYTES,
    nowMs: systemClock.nowMs,
  });
  const server = readTrackingServer(flags, environment);
  const tell = (line: string) => write(`${line}\n`);
  const withEngine = async (use: (parts: RunningParts) => Promise<void>) => {
    const engine = await openEngine(settings.home);
    const telemetry = composeTelemetry(settings.telemetry, ({ message }) => tell(`Warning: ${message}`));
    const gateway = openGateway(tell, telemetry);
    const useLocal = localOrBuilt(command);
    try {
      await use({
        engine,
        gateway,
        environments,
        modelFiles,
        server,
        clock: systemClock,
        useLocal,
        tell,
        print: write,
      });
    } finally {
      await gateway.close(0);
      await engine.close();
      await telemetry.close();
    }
  };
  switch (what) {
    case 'serve': {
      const read = readServeCommand(flags);
      return withEngine((parts) =>
        runServeCommand({ ...parts, openDoor: (model) => openDoor(parts.gateway, model) }, read, signal),
      );
    }
    case 'predict': {
      const read = readPredictCommand(flags);
      const processes = openTableProcesses();
      try {
        return await withEngine((parts) => runPredictCommand({ ...parts, processes }, read, signal));
      } finally {
        processes.close();
      }
    }
    case 'build-image': {
      // The folder with package.json, as far from the sources as from the bundle.
      const programFolder = fileURLToPath(new URL('..', import.meta.url));
      const parts = { server, modelFiles, environments, programFolder, write };
      return runBuildImageCommand(parts, readBuildImageCommand(flags), signal);
    }
    default:
      throw invalidArgument(
        'Expected `slipway models serve`, `slipway models predict` or `slipway models build-image`.',
      );
  }
}

interface RunningParts extends SingleModelDependencies {
  readonly gateway: Gateway;
}

function openEngine(home: string) {
  return openLocalEngine({
    program: path.join(PROGRAMS_FOLDER, 'scoring_worker', 'zygote.py'),
    runFolder: path.join(home, 'run'),
    isolation: 'auto',
    memoryBudgetBytes: Math.floor(totalmem() * MEMORY_SHARE),
    resourceClasses: {},
    idleInterpreterMs: IDLE_INTERPRETER_MS,
    now: () => performance.now(),
  });
}

function openGateway(tell: (line: string) => void, { onAnswered }: Telemetry): Gateway {
  return createGateway({
    clock: systemClock,
    steadyMs: () => performance.now(),
    seed: () => Math.floor(Math.random() * 2 ** 32),
    renderFailure: renderScoringFailure,
    onAnswered,
    onModelFailure(requestId, _endpoint, error) {
      const traceback = error.details?.traceback;
      tell(`Request ${requestId}: ${typeof traceback === 'string' ? traceback : error.message}`);
    },
  });
}

function openTableProcesses() {
  const extension = import.meta.url.endsWith('.ts') ? 'inference-log/table-process.ts' : 'table-process.js';
  return createDeltaProcesses({ program: new URL(`./${extension}`, import.meta.url) });
}

/** @throws AppError InvalidArgument for a manager of environments that is not known */
function localOrBuilt({ flags, settings }: ModelsCommand): SingleModelDependencies['useLocal'] {
  const manager = flags['env-manager'] ?? 'uv';
  // All of these mean an environment of the model's own.
  if (manager === 'uv' || manager === 'virtualenv') return undefined;
  if (manager !== 'local')
    throw invalidArgument(`--env-manager is uv or local; got '${manager}'.`, { field: 'env-manager' });
  const { pythons, searchPath, network } = settings.environments;
  const variables = { PATH: searchPath, ...network };
  return (spec, signal) => useLocalEnvironment(pythons[0] ?? 'python3', spec, { variables, signal });
}

function openDoor(gateway: Gateway, model: SingleModel): ModelDoor {
  void gateway.table.put(model.route);
  const version = () => model.mlflowVersion;
  const { route, isReady } = model;
  const listener = createScoringListener({ gateway, endpoint: route.name, version, isReady });
  const server = createServer(listener);
  return {
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port }, () => {
          const { address, family, port: bound } = server.address() as AddressInfo;
          resolve(`http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`);
        });
      }),
    close: ({ drainMs }) =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), drainMs).unref();
      }),
  };
}
