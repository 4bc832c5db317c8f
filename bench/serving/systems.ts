import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pythonEnv, pythonVariables } from '../../tools/python-env.mjs';
import { freePort, type RunningServer, startServer } from '../targets/server-process.ts';
import type { Question } from './load.ts';
import { type ModelFolder, mlflowQuestion, programs } from './model.ts';

/** Something that serves the model. */
export interface System {
  readonly name: string;
  /** What stands in the report. */
  readonly title: string;
  /** Makes what it needs, once: its environment. @throws Error where it cannot be had here */
  install(model: ModelFolder): Promise<void>;
  /** Resolves when it says that it is healthy. */
  start(model: ModelFolder): Promise<Started>;
}

export interface Started {
  readonly server: RunningServer;
  /** How it is asked for these rows. */
  question(rows: readonly (readonly number[])[]): Question;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 300_000;

interface Peer {
  readonly name: string;
  readonly title: string;
  /** A file of acceptance/requirements; undefined where it is no Python. */
  readonly environment: string | undefined;
  readonly healthPath?: string;
  command(at: Place): Command | Promise<Command>;
  question?(model: ModelFolder, rows: readonly (readonly number[])[]): Question;
}

interface Place {
  readonly python: string;
  readonly model: ModelFolder;
  readonly port: number;
  /** Of its own, empty. */
  readonly folder: string;
}

interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A program of the environment, found beside its interpreter. */
const beside = (python: string, name: string): string => path.join(path.dirname(python), name);

const uvicorn = (program: string, file: (model: ModelFolder) => string) => (at: Place) => ({
  command: beside(at.python, 'uvicorn'),
  args: [
    `${program}:app`,
    '--app-dir',
    programs,
    '--port',
    String(at.port),
    '--log-level',
    'warning',
    '--no-access-log',
  ],
  env: { MODEL: file(at.model) },
});

const modelsServe =
  (workers: number) =>
  ({ python, model, port }: Place) => ({
    command: beside(python, 'mlflow'),
    args: [
      'models',
      'serve',
      '-m',
      model.saved,
      '-p',
      `${port}`,
      '-w',
      `${workers}`,
      '--env-manager',
      'local',
    ],
    // It looks for uvicorn on the PATH.
    env: { PATH: `${path.dirname(python)}${path.delimiter}${process.env.PATH}` },
  });

const PEERS: readonly Peer[] = [
  {
    name: 'node-onnx',
    title: 'bare program: Node + onnxruntime-node',
    environment: undefined,
    command: ({ model, port }) => ({
      command: process.execPath,
      args: [path.join(programs, 'node-onnx.ts'), model.onnx, `${port}`],
    }),
  },
  {
    name: 'fastapi-joblib',
    title: 'FastAPI by hand, scikit-learn',
    environment: 'bench-fastapi',
    command: uvicorn('fastapi_joblib', (model) => model.pickled),
  },
  {
    name: 'fastapi-onnx',
    title: 'FastAPI by hand, onnxruntime',
    environment: 'bench-fastapi',
    command: uvicorn('fastapi_onnx', (model) => model.onnx),
  },
  {
    name: 'mlflow-w1',
    title: '`mlflow models serve`, 1 worker',
    environment: 'mlflow-3.17.2',
    command: modelsServe(1),
  },
  {
    name: 'mlflow-w2',
    title: '`mlflow models serve`, 2 workers',
    environment: 'mlflow-3.17.2',
    command: modelsServe(2),
  },
  {
    name: 'bentoml',
    title: 'BentoML, batching',
    environment: 'bench-bentoml',
    healthPath: '/readyz',
    command: ({ python, model, port, folder }) => ({
      command: beside(python, 'bentoml'),
      args: [
        'serve',
        'bentoml_forest:Forest',
        '--working-dir',
        programs,
        '--port',
        `${port}`,
        '--host',
        '127.0.0.1',
      ],
      env: { MODEL: model.pickled, BENTOML_HOME: folder, BENTOML_DO_NOT_TRACK: 'True' },
    }),
    question: (_, rows) => ({ path: '/predict', body: JSON.stringify({ rows }) }),
  },
  {
    name: 'mlserver',
    title: 'MLServer',
    environment: 'bench-mlserver',
    healthPath: '/v2/health/ready',
    async command({ python, model, port, folder }) {
      const [grpc_port, metrics_port] = [await freePort(), await freePort()];
      const settings = { host: '127.0.0.1', http_port: port, grpc_port, metrics_port, parallel_workers: 0 };
      const served = {
        name: 'forest',
        implementation: 'mlserver_mlflow.MLflowRuntime',
        parameters: { uri: model.saved },
      };
      writeFileSync(path.join(folder, 'settings.json'), JSON.stringify({ ...settings, debug: false }));
      writeFileSync(path.join(folder, 'model-settings.json'), JSON.stringify(served));
      return { command: beside(python, 'mlserver'), args: ['start', folder] };
    },
  },
  {
    name: 'ray-serve',
    title: 'Ray Serve, batching',
    environment: 'bench-ray',
    healthPath: '/-/healthz',
    command: ({ python, model, port, folder }) => ({
      command: python,
      args: [path.join(programs, 'ray_forest.py')],
      env: {
        MODEL: model.pickled,
        PORT: `${port}`,
        RAY_FOLDER: folder,
        RAY_USAGE_STATS_ENABLED: '0',
        RAY_raylet_start_wait_time_s: '180',
      },
    }),
  },
];

export const peers: readonly System[] = PEERS.map((peer) => {
  let python = '';
  return {
    name: peer.name,
    title: peer.title,
    async install() {
      if (peer.environment !== undefined) python = await pythonEnv(peer.environment);
    },
    async start(model) {
      // Short, for sockets lie in it.
      const folder = mkdtempSync(path.join(tmpdir(), 'sb-'));
      const port = await freePort();
      const { command, args, env = {} } = await peer.command({ python, model, port, folder });
      const logs = path.join(model.folder, 'logs');
      mkdirSync(logs, { recursive: true });
      const removeFolder = () => rmSync(folder, { recursive: true, force: true });
      try {
        const server = await startServer({
          name: peer.title,
          command,
          args,
          cwd: folder,
          env: pythonVariables({ ...QUIET, ...env }),
          port,
          healthPath: peer.healthPath,
          logFile: path.join(logs, `${peer.name}.log`),
          readyWithinMs: READY_WITHIN_MS,
        });
        return {
          server,
          question: (rows) => (peer.question ?? mlflowQuestion)(model, rows),
          async stop() {
            await server.stop();
            removeFolder();
          },
        };
      } catch (error) {
        removeFolder();
        throw error;
      }
    },
  };
});

const QUIET = { MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true' };
