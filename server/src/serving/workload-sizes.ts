import { invalidArgument } from '../kernel/errors.ts';

/** Requests that an entity answers at once; more wait. */
export interface Concurrency {
  /** What is kept ready even without requests; 0 only where it may scale to zero. */
  readonly min: number;
  readonly max: number;
}

const WORKLOAD_SIZES = { Small: [4, 4], Medium: [8, 16], Large: [16, 64] } as const;
export type WorkloadSize = keyof typeof WORKLOAD_SIZES;
const MAX_CONCURRENCY = 1024;

export interface WrittenSize {
  readonly size: string | undefined;
  readonly minConcurrency: number | undefined;
  readonly maxConcurrency: number | undefined;
}

/** What was asked for, as it is kept: a size by name, or bounds. */
export type Size =
  | { readonly kind: 'named'; readonly size: WorkloadSize }
  | { readonly kind: 'bounds'; readonly min: number; readonly max: number };

/**
 * Reads a size; without one it is Small.
 * @throws AppError InvalidArgument for an unknown size, for a size beside bounds, and for bounds that are none.
 */
export function readSize({ size, minConcurrency, maxConcurrency }: WrittenSize, at: string): Size {
  const hasBounds = minConcurrency !== undefined || maxConcurrency !== undefined;
  if (size !== undefined && hasBounds)
    throw invalidArgument(`${at}: give 'workload_size' or provisioned concurrencies, not both.`, {
      field: `${at}.workload_size`,
    });
  if (!hasBounds) {
    const known = Object.keys(WORKLOAD_SIZES) as WorkloadSize[];
    const found = known.find((each) => each.toLowerCase() === (size ?? 'Small').toLowerCase());
    if (found === undefined)
      throw invalidArgument(
        `${at}: the workload size '${size?.slice(0, 50)}' is not known: use ${known.join(', ')}.`,
        {
          field: `${at}.workload_size`,
        },
      );
    return { kind: 'named', size: found };
  }
  const min = minConcurrency ?? 0;
  const max = maxConcurrency ?? Math.max(4, min);
  if (min < 0 || max < 1 || min > max || max > MAX_CONCURRENCY)
    throw invalidArgument(
      `${at}: provisioned concurrencies must be 0 ≤ min ≤ max and 1 ≤ max ≤ ${MAX_CONCURRENCY}.`,
      { field: `${at}.max_provisioned_concurrency` },
    );
  return { kind: 'bounds', min, max };
}

export function concurrencyOf(size: Size): Concurrency {
  if (size.kind === 'bounds') return { min: size.min, max: size.max };
  const [min, max] = WORKLOAD_SIZES[size.size];
  return { min, max };
}

/** Kinds of machines that the protocol knows, and the class of resources that each stands for. */
const RESOURCE_CLASSES: Readonly<Record<string, string>> = {
  CPU: 'cpu',
  CPU_MEDIUM: 'cpu',
  CPU_LARGE: 'cpu',
  GPU_SMALL: 'gpu-small',
  GPU_MEDIUM: 'gpu-medium',
  GPU_LARGE: 'gpu-large',
  GPU_XLARGE: 'gpu-xlarge',
  MULTIGPU_MEDIUM: 'multigpu-medium',
};

/** @throws AppError InvalidArgument for what this installation does not have. */
export function resourceClassOf(workloadType: string, available: readonly string[]): string {
  const found = RESOURCE_CLASSES[workloadType];
  if (found !== undefined && available.includes(found)) return found;
  const had = Object.entries(RESOURCE_CLASSES).flatMap(([type, name]) =>
    available.includes(name) ? [type] : [],
  );
  throw invalidArgument(
    `workload_type ${workloadType.slice(0, 50)}: this installation has ${had.join(', ')}.`,
    {
      field: 'workload_type',
    },
  );
}
