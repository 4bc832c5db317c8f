import type { Page, Response } from 'playwright-core';

/** What no page may do unless its test says so: write to the console, throw, or have a request refused or lost. */
export interface Problems {
  /** From now on, problems whose text matches are part of what the test is about. */
  expect(pattern: RegExp): void;
  /** Those that nothing in the test explains. */
  unexpected(): readonly string[];
}

/** Listens to a page from before its first document on. */
export function collectProblems(page: Page): Problems {
  const found: string[] = [];
  const expected: RegExp[] = [];
  page.on('console', (message) => {
    found.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => {
    found.push(`error on the page: ${error.stack ?? error.message}`);
  });
  page.on('requestfailed', (request) => {
    const failure = request.failure()?.errorText ?? 'unknown';
    // The page itself, or leaving it, ended a request whose answer nobody waits for any more.
    if (failure !== 'net::ERR_ABORTED')
      found.push(`request failed: ${request.method()} ${request.url()}: ${failure}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) found.push(describeRefusal(response));
  });
  return {
    expect: (pattern) => expected.push(pattern),
    unexpected: () => found.filter((problem) => !expected.some((pattern) => pattern.test(problem))),
  };
}

const describeRefusal = (response: Response): string =>
  `answer ${response.status()}: ${response.request().method()} ${response.url()}`;
