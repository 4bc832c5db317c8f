import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuiltEnvironment } from '../environments/environments.ts';
import type { NumberedVersion } from '../registry/version-contents.ts';
import { type Compilation, type Compilations, NOT_COMPILED } from './compiled/compilations.ts';
import { differenceHere } from './compiled/compiled-checks.ts';
import { callOfCompiled, jobOf } from './compiled/compiled-input.ts';
import type { Evidence } from './compiled/evidence.ts';
import type { CompiledLaneMode } from './endpoint-config.ts';
import type { LaneSet } from './gateway/lane.ts';
import { MAX_ONNX_BYTES, whyNotInProcess } from './onnx/onnx-allow-list.ts';
import { callOfFlavor } from './onnx/onnx-flavor.ts';
import { createOnnxLanes } from './onnx/onnx-lane.ts';
import { readOnnxModel } from './onnx/onnx-model.ts';
import { answersRowByRow } from './onnx/onnx-rows.ts';
import type { OnnxSession, OnnxThreads } from './onnx/onnx-threads.ts';
import type { Prepared } from './preparation.ts';
import type { InputDomain, Signature } from './scoring/columns.ts';

/** A form of a model that runs in the server itself. The model's own program answers what it is not asked. */
export interface NativeLanes {
  readonly kind: 'compiled' | 'onnx';
  readonly lanes: LaneSet;
  readonly domain: InputDomain | undefined;
  /** Whether rows of several requests may be joined. */
  readonly rowWise: boolean;
  close(): void;
}

export interface NativeModelsDependencies {
  readonly threads: OnnxThreads;
  readonly compilations: Compilations;
}

export interface NativeInput {
  /** Unique among what is served. */
  readonly id: string;
  readonly of: NumberedVersion;
  readonly prepared: Prepared;
  readonly signature: Signature | undefined;
  log(line: string): void;
}

export interface CompiledFound {
  readonly compilation: Compilation;
  /** Undefined where Python answers. */
  readonly lanes: NativeLanes | undefined;
}

export type NativeModels = ReturnType<typeof createNativeModels>;

/** Models in the server's own process: those that are ONNX files, and those that were compiled to one. */
export function createNativeModels({ threads, compilations }: NativeModelsDependencies) {
  async function open(
    input: NativeInput,
    { compilation, onFault }: { readonly compilation: Compilation; onFault(reason: string): void },
  ): Promise<NativeLanes | string> {
    const { evidence, sha256 } = compilation;
    if (sha256 === undefined || evidence?.domain === undefined) return compilation.reason;
    const bytes = await compilations.readFile(sha256);
    const model = readOnnxModel(bytes);
    const why = whyNotInProcess(model, bytes.length);
    if (why !== undefined) return why;
    const output = model.outputs[0]!.name;
    const session = await threads.load(bytes);
    // Of one that was forced it is known that it differs.
    const difference =
      compilation.state === 'proven' ? await differenceOf(session, output, evidence) : undefined;
    if (difference !== undefined) return difference;
    const call = callOfCompiled(input.signature!, output);
    return {
      kind: 'compiled',
      lanes: createOnnxLanes({ id: `${input.id}/compiled`, kind: 'compiled', session, call, onFault }),
      domain: evidence.domain,
      rowWise: true,
      close: () => session.close(),
    };
  }

  async function use(
    input: NativeInput,
    compilation: Compilation,
    { mode, onFault }: { readonly mode: CompiledLaneMode; onFault(reason: string): void },
  ): Promise<CompiledFound> {
    const isUsed = compilation.state === 'proven' || (mode === 'force' && compilation.state === 'refused');
    if (!isUsed || compilation.sha256 === undefined) return { compilation, lanes: undefined };
    const opened = await open(input, { compilation, onFault });
    if (typeof opened !== 'string') return { compilation, lanes: opened };
    await compilations.refuse(input.of, opened);
    return { compilation: await compilations.find(input.of), lanes: undefined };
  }

  return {
    /**
     * A model of the ONNX flavor, where its operators may run here.
     * @returns a sentence where its own program has to answer
     */
    async openFlavor({
      id,
      prepared,
      signature,
      log,
    }: NativeInput): Promise<NativeLanes | string | undefined> {
      const { modelFile, folder } = prepared;
      if (modelFile.loader !== 'mlflow.onnx' || modelFile.onnxFile === undefined) return undefined;
      if (!/^[\w.-]+(\/[\w.-]+)*$/.test(modelFile.onnxFile) || modelFile.onnxFile.includes('..'))
        return 'its file has a name of another kind';
      const file = join(folder, modelFile.onnxFile);
      const { size } = await stat(file);
      if (size > MAX_ONNX_BYTES) return `it has more than ${MAX_ONNX_BYTES / 2 ** 20} MiB`;
      const bytes = new Uint8Array(await readFile(file));
      const model = readOnnxModel(bytes);
      const why = whyNotInProcess(model, bytes.length);
      if (why !== undefined) return why;
      const call = callOfFlavor(signature, model);
      if (typeof call === 'string') return call;
      const session = await threads.load(bytes);
      const rowWise = await answersRowByRow(session, call, signature!);
      return {
        kind: 'onnx',
        lanes: createOnnxLanes({
          id: `${id}/onnx`,
          kind: 'onnx',
          session,
          call,
          onFault: (message) => log(`Asked of its own program, because the runtime here said: ${message}`),
        }),
        domain: undefined,
        rowWise,
        close: () => session.close(),
      };
    },

    /** What is known already; nothing is compiled. */
    async findCompiled(
      input: NativeInput,
      options: { readonly mode: CompiledLaneMode; onFault(reason: string): void },
    ): Promise<CompiledFound> {
      if (options.mode === 'never') return { compilation: NOT_COMPILED, lanes: undefined };
      return use(input, await compilations.find(input.of), options);
    },

    /** Compiles where nobody has yet. @throws the signal's reason */
    async compile(
      input: NativeInput & { readonly environment: BuiltEnvironment },
      options: { readonly mode: CompiledLaneMode; onFault(reason: string): void },
      signal: AbortSignal,
    ): Promise<CompiledFound> {
      const { of, prepared, signature, environment, log } = input;
      const job = jobOf(prepared.modelFile, signature);
      const compilation =
        typeof job === 'string'
          ? await compilations.refuseUntried(of, job)
          : await compilations.ensure(
              {
                of,
                folder: prepared.folder,
                digest: prepared.digest,
                modelConfig: prepared.modelFile.modelConfig,
                environment,
                job,
                log,
              },
              signal,
            );
      return use(input, compilation, options);
    },

    /** It failed on a request: nobody asks it any more. */
    refuse: (of: NumberedVersion, reason: string): Promise<void> => compilations.refuse(of, reason),
  };
}

/** The session is closed where it is not to be used. */
async function differenceOf(
  session: OnnxSession,
  output: string,
  evidence: Evidence,
): Promise<string | undefined> {
  try {
    const difference = await differenceHere(session, output, evidence);
    if (difference !== undefined) session.close();
    return difference;
  } catch (error) {
    session.close();
    throw error;
  }
}
