import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { SlipwayClient } from '../../../client/src/index.ts';
import { chromiumFlags, findChromium } from '../../../tools/chromium.mjs';
import { type ServerProcess, startServer } from '../../../tools/server-process.mjs';
import { root } from '../../../tools/setup.mjs';
import { collectProblems, type Problems } from './problems.ts';

export interface SiteOptions {
  /** Flags of the server besides port and home. */
  readonly args?: string[];
  /** Starts the server with identities, and with this token of its administrator, which the client then carries. */
  readonly adminToken?: string;
  /** Variables of the server. */
  readonly env?: Readonly<Record<string, string>>;
  /** Puts in what all tests of the file look at. */
  readonly fill?: (site: Site) => Promise<void>;
  /** The server as it is built, not from its sources. */
  readonly isBuilt?: boolean;
}

/** A server with the pages, on a home of its own, and a browser, for the tests of one file. */
export interface Site {
  readonly url: string;
  readonly client: SlipwayClient;
  readonly server: ServerProcess;
  readonly browser: Browser;
  /**
   * Opens an address in a context of its own, closed when the test ends. The test fails if the page wrote to the
   * console, threw, or had a request refused or lost, unless `expectProblem` said so before.
   */
  open(address: string, options?: BrowserContextOptions): Promise<Page>;
}

const DESKTOP: BrowserContextOptions = {
  viewport: { width: 1440, height: 900 },
  locale: 'en-US',
  colorScheme: 'light',
  reducedMotion: 'reduce',
  permissions: ['clipboard-read', 'clipboard-write'],
};
/** What a page may take to show something before a test gives up. */
const PATIENCE_MS = 10_000;

const problemsOf = new WeakMap<Page, Problems>();

/** Says that problems which match are what the test is about: a server that answers 500, a request that is lost. */
export function expectProblem(page: Page, pattern: RegExp): void {
  const problems = problemsOf.get(page);
  if (problems === undefined) throw new Error('only pages opened by a site have their problems collected');
  problems.expect(pattern);
}

/** Where pictures of pages go, for people to look at. */
export const picturesFolder = path.join(root, 'test-results', 'screens');

export function runningSite({
  args = [],
  env = {},
  adminToken,
  fill,
  isBuilt = false,
}: SiteOptions = {}): Site {
  let server: ServerProcess | undefined;
  let browser: Browser | undefined;
  const site: Site = {
    get server() {
      if (server === undefined) throw new Error('the server runs while tests do');
      return server;
    },
    get browser() {
      if (browser === undefined) throw new Error('the browser runs while tests do');
      return browser;
    },
    get url() {
      return site.server.url;
    },
    get client() {
      return new SlipwayClient({ baseUrl: site.url, token: adminToken });
    },
    async open(address, options) {
      const context = await site.browser.newContext({ ...DESKTOP, ...options, baseURL: site.url });
      context.setDefaultTimeout(PATIENCE_MS);
      const page = await context.newPage();
      pressAsPeopleDo(page);
      const problems = collectProblems(page);
      problemsOf.set(page, problems);
      const name = (expect.getState().currentTestName ?? 'page').replaceAll(/[^\w]+/g, '-').slice(0, 120);
      onTestFinished(async ({ task }) => {
        if (task.result?.state === 'fail')
          await page.screenshot({ path: path.join(picturesFolder, `failed-${name}.png`) });
        const unexpected = problems.unexpected();
        await context.close();
        expect(unexpected, 'the page had problems that its test does not expect').toEqual([]);
      });
      await page.goto(address, { waitUntil: 'load' });
      // The document is there before the scripts have drawn a page that takes keys and clicks.
      await page.locator('#page > *').first().waitFor({ state: 'attached' });
      return page;
    },
  };
  beforeAll(async () => {
    mkdirSync(picturesFolder, { recursive: true });
    const pages = process.env.SLIPWAY_TEST_PAGES;
    const flags = [
      ...args,
      ...(adminToken === undefined ? [] : ['--auth']),
      ...(pages === undefined ? [] : ['--pages', pages]),
    ];
    const variables = { ...env, ...(adminToken !== undefined && { SLIPWAY_ADMIN_TOKEN: adminToken }) };
    server = await startServer({ args: flags, env: variables, fromSources: !isBuilt });
    browser = await chromium.launch({ executablePath: requiredChromium(), args: chromiumFlags });
    await fill?.(site);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });
  return site;
}

/**
 * Nobody presses a key before the frame that shows what it is for: menus and dialogs take the keyboard once they are
 * drawn, and a key of the same millisecond would go to what is below them.
 */
function pressAsPeopleDo(page: Page): void {
  const press = page.keyboard.press.bind(page.keyboard);
  page.keyboard.press = async (key, options) => {
    // Begins anew where the page is left meanwhile; pages out of sight draw no frames.
    await page.waitForFunction(
      () =>
        new Promise((resolve) => {
          requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 20, true)));
          setTimeout(resolve, 500, true);
        }),
    );
    await press(key, options);
  };
}

function requiredChromium(): string {
  const found = findChromium();
  if (found === undefined)
    throw new Error('no Chromium: `npm test` installs it, or apt-get install chromium');
  return found;
}
