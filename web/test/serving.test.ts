import type { Request } from 'playwright-core';
import { expect, it } from 'vitest';
import { runningSite } from './harness/site.ts';

/** The server and the pages as `npm start` builds them. */
const site = runningSite({ isBuilt: true });

const MOST_BYTES = 300 * 1000;
const MOST_REQUESTS = 8;

it.each([
  ['/', MOST_REQUESTS],
  ['/experiments', MOST_REQUESTS],
  ['/experiments/0', MOST_REQUESTS],
  ['/models', MOST_REQUESTS],
] as const)('brings %s to a new visitor in %i requests and 300 kB', async (address, mostRequests) => {
  const context = await site.browser.newContext();
  const page = await context.newPage();
  const sent: Request[] = [];
  page.on('requestfinished', (request) => sent.push(request));
  await page.goto(site.url + address, { waitUntil: 'load' });
  await page
    .locator('#page h1, #page [role=grid], #page [role=treegrid]')
    .first()
    .waitFor({ state: 'attached' });
  // What comes right after the first picture counts as well.
  await page.waitForTimeout(1000);
  const sizes = await Promise.all(sent.map((request) => request.sizes()));
  const bytes = sizes.reduce((sum, size) => sum + size.responseBodySize + size.responseHeadersSize, 0);
  const urls = sent.map((request) => `${request.method()} ${request.url()}`);
  expect(urls.length, urls.join('\n')).toBeLessThanOrEqual(mostRequests);
  expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
  await context.close();
});

it('takes its files from the cache at the second visit', async () => {
  const page = await site.open('/experiments');
  const answered = new Map<string, string>();
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const cached = new Set<string>();
  session.on('Network.requestServedFromCache', ({ requestId }) => void cached.add(requestId));
  session.on('Network.responseReceived', ({ requestId, response }) => {
    if (!response.url.includes('/assets/')) return;
    answered.set(requestId, response.url);
    if (response.fromDiskCache) cached.add(requestId);
  });
  await page.reload();
  await page.locator('#page h1').first().waitFor({ state: 'attached' });
  expect(answered.size).toBeGreaterThan(3);
  expect([...answered].filter(([id]) => !cached.has(id)).map(([, url]) => url)).toEqual([]);
});
