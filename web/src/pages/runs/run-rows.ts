import type { RunWindow, WireCell } from '../../data/run-table.ts';

/** A row of the runs table. A new object whenever something of its page has changed. */
export class RunRow {
  readonly #page: RunPage;
  readonly #place: number;
  /** The same run as it was shown before: its cells stand in until newer ones have come. */
  readonly #before: RunRow | undefined;

  constructor(page: RunPage, place: number, before: RunRow | undefined) {
    this.#page = page;
    this.#place = place;
    this.#before = before;
  }

  get runId(): string {
    return this.#page.base.rows.run_id[this.#place] ?? '';
  }

  /** The run was deleted for good since the list was made. */
  get isGone(): boolean {
    return this.#page.base.rows.run_id[this.#place] === null;
  }

  get name(): string {
    return this.#page.base.rows.run_name[this.#place] ?? this.runId;
  }

  get experimentId(): string {
    return this.#page.base.rows.experiment_id[this.#place] ?? '';
  }

  get status(): string {
    return this.#page.base.rows.status[this.#place] ?? '';
  }

  get startTimeMs(): number | undefined {
    return numberOf(this.#page.base.rows.start_time[this.#place]);
  }

  get endTimeMs(): number | undefined {
    return numberOf(this.#page.base.rows.end_time[this.#place]);
  }

  get isDeleted(): boolean {
    return this.#page.base.rows.lifecycle_stage[this.#place] === 'deleted';
  }

  get depth(): number {
    return this.#page.base.rows.depth[this.#place] ?? 0;
  }

  get childCount(): number {
    return this.#page.base.rows.child_count[this.#place] ?? 0;
  }

  /** @returns undefined while it has not come, null where the run has none. */
  cell(column: string): WireCell | undefined {
    const cells = this.#page.cells.get(column);
    return cells === undefined ? this.#before?.cell(column) : (cells[this.#place] ?? null);
  }

  /** The row without its past, so that pasts do not pile up. */
  alone(): RunRow {
    return new RunRow(this.#page, this.#place, undefined);
  }
}

const numberOf = (value: number | string | null | undefined) =>
  value === null || value === undefined ? undefined : Number(value);

/** Some rows that follow each other, and the columns of them that have come. */
export interface RunPage {
  readonly base: RunWindow;
  readonly cells: ReadonlyMap<string, readonly WireCell[]>;
  readonly rows: readonly RunRow[];
}

/** One page of all windows that were asked for of it. @param parts the newest last */
export function joinPage(
  parts: readonly RunWindow[],
  before: (runId: string) => RunRow | undefined,
): RunPage {
  const base = parts.at(-1)!;
  const cells = new Map<string, readonly WireCell[]>();
  for (const { columns } of parts) {
    for (const [name, values] of Object.entries(columns ?? {})) cells.set(name, values);
  }
  const rows: RunRow[] = [];
  const page: RunPage = { base, cells, rows };
  base.rows.run_id.forEach((runId, place) => {
    rows.push(new RunRow(page, place, runId === null ? undefined : before(runId)?.alone()));
  });
  return page;
}
