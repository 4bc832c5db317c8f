import { expect, it } from 'vitest';
import { runPython } from './harness/python.ts';
import { runningSite } from './harness/site.ts';

const site = runningSite();

it('lands on the run whose link the client printed', async () => {
  const output = await runPython(
    site.url,
    'import mlflow\nwith mlflow.start_run() as run:\n    mlflow.log_metric("loss", 1)\nprint("RUN", run.info.run_id)',
  );
  const runId = /RUN (\w+)/.exec(output)?.[1] ?? '';
  const link = new RegExp(`${site.url}(/#/experiments/\\d+/runs/${runId})`).exec(output)?.[1];
  const page = await site.open(link ?? 'the client printed no link');
  expect(new URL(page.url()).pathname).toBe(`/experiments/0/runs/${runId}`);
  expect(new URL(page.url()).hash).toBe('');
});

it.each([
  ['/ml/experiments/0', '/experiments/0'],
  ['/explore/data/models/main/risk/churn/version/3', '/models/main.risk.churn/versions/3'],
])('lands from %s on %s', async (printed, ours) => {
  const page = await site.browser.newPage();
  await page.goto(site.url + printed);
  await expect.poll(() => new URL(page.url()).pathname).toBe(ours);
  await page.close();
});
