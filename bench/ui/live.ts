import type { Browser } from 'playwright-core';
import { createExperiment } from '../data/fill.ts';
import { post } from '../data/rest.ts';
import { FIRST_START_MS } from '../data/shape.ts';
import { openConnection } from '../load/connection.ts';
import { freshContext, median, visit } from './visit.ts';

export interface LiveTimes {
  readonly medianMs: number;
  readonly worstMs: number;
}

const RUNS = 10;
const FIRST_POINTS = 500;
/** More than a page gathers changes for, and not in step with it. */
const BETWEEN_MS = 1370;
const KEY = 'live';

export interface LiveData {
  readonly experimentId: string;
  readonly runId: string;
}

/** Runs with histories of their own, one of which goes on. */
export async function fillLive(port: number): Promise<LiveData> {
  const experimentId = await createExperiment(port, 'live');
  const connection = openConnection(port);
  try {
    let runId = '';
    for (let i = 0; i < RUNS; i++) {
      const created = await post(connection, 'runs/create', {
        experiment_id: experimentId,
        run_name: `live-${i}`,
        start_time: FIRST_START_MS,
      });
      runId = (created as { run: { info: { run_id: string } } }).run.info.run_id;
      const metrics = Array.from({ length: FIRST_POINTS }, (_, step) => pointAt(step, 1 / (1 + step)));
      await post(connection, 'runs/log-batch', { run_id: runId, metrics });
    }
    return { experimentId, runId };
  } finally {
    connection.close();
  }
}

const pointAt = (step: number, value: number) => ({
  key: KEY,
  value,
  timestamp: FIRST_START_MS + step,
  step,
});

/** Where a page shows a point that is higher than all before it; `shows` is an expression over the page. */
export interface LivePlace {
  readonly address: string;
  readonly isReady: string;
  readonly shows: (value: number) => string;
  /** The first step that nothing was logged for. */
  readonly firstStep: number;
}

/** The charts of an experiment: a chart says to readers how far it reaches. */
export const chartsPlace = (port: number, { experimentId }: LiveData, firstStep: number): LivePlace => ({
  address: `http://127.0.0.1:${port}/experiments/${experimentId}?mode=charts`,
  isReady: `document.querySelector('main canvas') !== null`,
  shows: (value) => `document.querySelector('main [role=img][aria-label$=" to ${value}"]') !== null`,
  firstStep,
});

/** The metrics of a run: each with its last value. */
export const runPlace = (port: number, { experimentId, runId }: LiveData, firstStep: number): LivePlace => ({
  address: `http://127.0.0.1:${port}/experiments/${experimentId}/runs/${runId}/metrics`,
  isReady: `document.querySelector('main canvas') !== null`,
  shows: (value) =>
    `document.querySelector('main [role=img][aria-label$=" to ${value}"]') !== null && [...document.querySelectorAll('main *')].some((one) => one.childElementCount === 0 && one.textContent.trim() === '${value}')`,
  firstStep,
});

/** Logs points one by one while a page is open: from the answer of each write until the page shows it, in ms. */
export async function measureLive(
  browser: Browser,
  { port, data, points }: { readonly port: number; readonly data: LiveData; readonly points: number },
  { address, isReady, shows, firstStep }: LivePlace,
): Promise<LiveTimes> {
  const context = await freshContext(browser);
  const connection = openConnection(port);
  try {
    const { page } = await visit(context, address, isReady);
    const times: number[] = [];
    for (let i = 0; i < points; i++) {
      const step = firstStep + i;
      // Higher than all before, and written in one way everywhere.
      const value = step + 0.5;
      await page.evaluate(`window.shownAt = new Promise((resolve) => {
        const look = () => {
          if (${shows(value)}) resolve(Date.now());
          else requestAnimationFrame(look);
        };
        look();
      }); undefined`);
      await post(connection, 'runs/log-batch', { run_id: data.runId, metrics: [pointAt(step, value)] });
      const answeredAt = Date.now();
      const shownAt = (await page.evaluate('window.shownAt')) as number;
      // The page may be told before the answer is here.
      times.push(Math.max(0, shownAt - answeredAt));
      await page.waitForTimeout(BETWEEN_MS);
    }
    return { medianMs: median(times), worstMs: Math.max(...times) };
  } finally {
    connection.close();
    await context.close();
  }
}
