import type { Browser, BrowserContext, Page } from 'playwright-core';

/** What one visit cost, from the start of the navigation. */
export interface Visit {
  readonly page: Page;
  readonly usableMs: number;
  readonly requests: number;
  readonly bytes: number;
}

const PATIENCE_MS = 60_000;

/** A browser that has never been there: nothing is cached. */
export const freshContext = (browser: Browser): Promise<BrowserContext> =>
  browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US' });

/**
 * Opens an address and measures until `isUsable`, a JavaScript expression over the page, is true in a frame. Bytes are
 * those of the wire, headers included; both are counted until a second after the page is usable.
 */
export async function visit(context: BrowserContext, address: string, isUsable: string): Promise<Visit> {
  const page = await context.newPage();
  await page.addInitScript(`{
    const look = () => {
      if (${asked(isUsable)}) window.usableAt ??= performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }`);
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  let requests = 0;
  let bytes = 0;
  session.on('Network.requestWillBeSent', ({ request }) => {
    if (request.url.startsWith('http')) requests += 1;
  });
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await page.goto(address, { waitUntil: 'commit' });
  const usableMs = await waitUntilUsable(page);
  await page.waitForTimeout(1000);
  return { page, usableMs, requests, bytes };
}

/**
 * An expression that is asked each frame, whatever the page looks like by then: what it throws is no answer yet, and is
 * kept in the page for whoever waits in vain.
 */
const asked = (expression: string): string =>
  `(() => { try { return Boolean(${expression}); } catch (error) { window.lastProblem = String(error); return false; } })()`;

async function waitUntilUsable(page: Page): Promise<number> {
  const givenUpAt = performance.now() + PATIENCE_MS;
  // Evaluated from outside: the pages' own policy allows no text to become code.
  for (;;) {
    const at = (await page.evaluate('window.usableAt')) as number | undefined;
    if (at !== undefined) return at;
    if (performance.now() > givenUpAt) {
      const problem = (await page.evaluate('window.lastProblem')) as string | undefined;
      throw new Error(`not usable within ${PATIENCE_MS / 1000} s${problem ? `: ${problem}` : ''}`);
    }
    await page.waitForTimeout(50);
  }
}

/** From now until the expression is true in a frame, in ms. `act` is what the person does. */
export async function timed(page: Page, act: () => Promise<unknown>, isDone: string): Promise<number> {
  // The clock starts with the first event of the page after this, so that the way of the command does not count.
  await page.evaluate(`delete window.lastProblem; window.timing = new Promise((resolve, reject) => {
    const begin = (event) => {
      const givenUpAt = performance.now() + ${PATIENCE_MS};
      for (const kind of ['keydown', 'pointerdown']) removeEventListener(kind, begin, true);
      const look = () => {
        if (${asked(isDone)}) resolve(performance.now() - event.timeStamp);
        else if (performance.now() > givenUpAt) reject(new Error('not done within ${PATIENCE_MS / 1000} s' + (window.lastProblem ? ': ' + window.lastProblem : '')));
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    };
    for (const kind of ['keydown', 'pointerdown']) addEventListener(kind, begin, true);
  }); undefined`);
  await act();
  return (await page.evaluate('window.timing')) as number;
}

export interface Frames {
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly worstMs: number;
}

/** How long frames take while the wheel turns over an element: down for two seconds, then to the right for two. */
export async function scrollFrames(page: Page, selector: string): Promise<Frames> {
  const box = await page.locator(selector).first().boundingBox();
  if (box === null) throw new Error(`nothing to scroll at ${selector}`);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.evaluate(`window.frameTimes = []; {
    let last = performance.now();
    const frame = (now) => { window.frameTimes?.push(now - last); last = now; if (window.frameTimes) requestAnimationFrame(frame); };
    requestAnimationFrame((now) => { last = now; requestAnimationFrame(frame); });
  }`);
  for (const [x, y] of [
    [0, 400],
    [300, 0],
  ] as const) {
    for (let turn = 0; turn < 100; turn++) {
      await page.mouse.wheel(x, y);
      await page.waitForTimeout(20);
    }
  }
  const times = (await page.evaluate(
    '(() => { const times = window.frameTimes; delete window.frameTimes; return times; })()',
  )) as number[];
  const sorted = times.toSorted((a, b) => a - b);
  const at = (fraction: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0;
  return { count: sorted.length, p50Ms: at(0.5), p95Ms: at(0.95), worstMs: at(1) };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
