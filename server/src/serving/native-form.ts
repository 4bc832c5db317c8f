import type { BuiltEnvironment } from '../environments/environments.ts';
import type { NumberedVersion } from '../registry/version-contents.ts';
import type { CompiledLaneMode } from './endpoint-config.ts';
import type { EntityLog } from './endpoint-logs.ts';
import type { LaneView } from './endpoint-states.ts';
import type { CompiledFound, NativeInput, NativeLanes, NativeModels } from './native-models.ts';

/** What of one deployment runs in the server itself, if anything does. */
export interface NativeForm {
  /** Undefined where Python answers. */
  readonly lanes: NativeLanes | undefined;
  readonly view: LaneView;
  /** What is there already: an ONNX file, or a form that was proven before. */
  open(input: NativeInput): Promise<void>;
  /** In the background, once: Python answers until something is proven. */
  compile(input: NativeInput & { readonly environment: BuiltEnvironment }): void;
  close(): void;
}

export interface NativeFormOptions {
  /** Undefined where all models run in Python. */
  readonly models: NativeModels | undefined;
  readonly of: NumberedVersion;
  readonly mode: CompiledLaneMode;
  readonly log: EntityLog;
  onChange(): void;
  onError(error: unknown): void;
}

const PYTHON: LaneView = { answers: 'python', compiled: 'none', reason: '' };

export function createNativeForm({
  models,
  of,
  mode,
  log,
  onChange,
  onError,
}: NativeFormOptions): NativeForm {
  const abort = new AbortController();
  const opened: NativeLanes[] = [];
  let lanes: NativeLanes | undefined;
  let view: LaneView = mode === 'never' ? { ...PYTHON, reason: 'The compiled lane is forbidden.' } : PYTHON;
  let isOver = mode === 'never';

  /** The batch that it failed on has gone to Python already; so does all that comes. */
  function onFault(reason: string): void {
    if (lanes === undefined) return;
    lanes = undefined;
    view = { answers: 'python', compiled: 'refused', reason: `It failed on a request: ${reason}` };
    log.build(`Answered by Python from now on. ${view.reason}`);
    models?.refuse(of, view.reason).catch(onError);
    onChange();
  }

  function take({ compilation, lanes: found }: CompiledFound): void {
    const { state, reason } = compilation;
    isOver = state === 'proven' || state === 'refused';
    if (found !== undefined && !abort.signal.aborted) opened.push(found);
    else found?.close();
    lanes = found;
    view = { answers: found === undefined ? 'python' : 'compiled', compiled: state, reason };
    if (found !== undefined) {
      const probes = Object.values(compilation.evidence?.probes ?? {}).reduce((sum, count) => sum + count, 0);
      log.build(
        state === 'proven'
          ? `Answered by its compiled form from now on: ${probes} rows were decided alike.`
          : `Answered by its compiled form as was asked, although ${reason}.`,
      );
    } else if (state !== 'none') log.build(`Answered by Python: ${reason}.`);
    onChange();
  }

  /** Python answers meanwhile, whatever goes wrong here. */
  function missed(error: unknown): void {
    if (abort.signal.aborted) return;
    view = { ...view, compiled: 'failed', reason: error instanceof Error ? error.message : String(error) };
    log.build(`Answered by Python: ${view.reason}`);
    onError(error);
    onChange();
  }

  return {
    get lanes() {
      return lanes;
    },
    get view() {
      return view;
    },

    async open(input) {
      if (models === undefined || lanes !== undefined) return;
      try {
        const flavor = mode === 'never' ? undefined : await models.openFlavor(input);
        if (typeof flavor === 'string') {
          isOver = true;
          view = { ...PYTHON, reason: flavor };
          log.build(`Run by its own program: ${flavor}.`);
        } else if (flavor !== undefined && abort.signal.aborted) {
          flavor.close();
        } else if (flavor !== undefined) {
          isOver = true;
          opened.push(flavor);
          lanes = flavor;
          view = { answers: 'onnx', compiled: 'none', reason: '' };
          log.build('Runs in the server: each of its operators may.');
        } else if (!isOver) {
          const found = await models.findCompiled(input, { mode, onFault });
          if (found.compilation.state !== 'none') take(found);
        }
      } catch (error) {
        missed(error);
      }
    },

    compile(input) {
      if (models === undefined || isOver) return;
      isOver = true;
      view = { ...view, compiled: 'compiling' };
      onChange();
      models.compile(input, { mode, onFault }, abort.signal).then(take, missed);
    },

    close() {
      abort.abort();
      lanes = undefined;
      for (const one of opened) one.close();
    },
  };
}
