import type { Browser } from 'playwright-core';
import type { UiData } from './data.ts';
import type { Interface } from './interfaces.ts';
import { type Frames, freshContext, median, scrollFrames, timed, visit } from './visit.ts';

export interface TableTimes {
  readonly coldMs: number;
  readonly warmMs: number;
  readonly filterMs: number;
  readonly chartMs: number | undefined;
  readonly requests: number;
  readonly bytes: number;
}

export interface TableQuestion {
  readonly experimentId: string;
  readonly filter: string;
  /** The one run that it finds. */
  readonly runName: string;
  readonly rounds: number;
  readonly withCharts: boolean;
}

/** One interface's runs table: a first visit, a second one, a filter, and the change to charts; medians of rounds. */
export async function measureTable(
  browser: Browser,
  ui: Interface,
  question: TableQuestion,
): Promise<TableTimes> {
  const { experimentId, filter, runName, rounds, withCharts } = question;
  const address = ui.runsAddress(experimentId);
  const cold: number[] = [];
  const warm: number[] = [];
  const filters: number[] = [];
  const charts: number[] = [];
  let requests = 0;
  let bytes = 0;
  for (let round = 0; round < rounds; round++) {
    const context = await freshContext(browser);
    const first = await visit(context, address, ui.hasRows);
    cold.push(first.usableMs);
    ({ requests, bytes } = first);
    await first.page.close();
    const second = await visit(context, address, ui.hasRows);
    warm.push(second.usableMs);
    if (withCharts) charts.push(await timed(second.page, () => ui.openCharts(second.page), ui.hasChart));
    await context.close();
    // Elsewhere: an interface may remember the view that was left.
    const another = await freshContext(browser);
    const third = await visit(another, address, ui.hasRows);
    await ui.typeFilter(third.page, filter);
    filters.push(await timed(third.page, () => ui.carryOut(third.page), ui.showsOnly(runName)));
    await another.close();
  }
  return {
    coldMs: median(cold),
    warmMs: median(warm),
    filterMs: median(filters),
    chartMs: withCharts ? median(charts) : undefined,
    requests,
    bytes,
  };
}

export async function measureScroll(browser: Browser, ui: Interface, experimentId: string): Promise<Frames> {
  const context = await freshContext(browser);
  const { page } = await visit(context, ui.runsAddress(experimentId), ui.hasRows);
  const frames = await scrollFrames(page, '[role=grid]');
  await context.close();
  return frames;
}

/** From the click on charts to the drawn lines of all runs of an experiment. */
export async function measureCurves(
  browser: Browser,
  ui: Interface,
  { experimentId, rounds }: { readonly experimentId: string; readonly rounds: number },
): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const context = await freshContext(browser);
    const { page } = await visit(context, ui.runsAddress(experimentId), ui.hasRows);
    times.push(await timed(page, () => ui.openCharts(page), ui.hasChart));
    await context.close();
  }
  return median(times);
}

export interface LongHistory {
  readonly drawnMs: number;
  /** Which of last, min and max the page shows as they are. */
  readonly exact: readonly string[];
}

/** The metrics of the run with the longest history: when it is drawn, and whether its extremes are right. */
export async function measureHistory(
  browser: Browser,
  address: string,
  { history }: Pick<UiData, 'history'>,
): Promise<LongHistory> {
  const context = await freshContext(browser);
  const { page, usableMs } = await visit(context, address, `document.querySelector('main canvas') !== null`);
  const texts = (await page.evaluate(
    "[...document.querySelectorAll('main *')].flatMap((one) => [one.getAttribute('title') ?? '', one.textContent ?? ''])",
  )) as string[];
  const shows = (value: number) => texts.some((text) => text.trim() === String(value));
  const exact = Object.entries(history).flatMap(([name, value]) => (shows(value) ? [name] : []));
  await context.close();
  return { drawnMs: usableMs, exact };
}
