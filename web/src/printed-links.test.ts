import { describe, expect, it } from 'vitest';
import { pathOfPrintedLink } from './printed-links.ts';

const RUN = 'ab12cd34ab12cd34ab12cd34ab12cd34';

describe('links that clients print', () => {
  it.each([
    // mlflow prints these two at the end of a run.
    [`/#/experiments/1/runs/${RUN}`, `/experiments/1/runs/${RUN}`],
    ['/#/experiments/1', '/experiments/1'],
    [`/#/experiments/1/runs/${RUN}/artifacts`, `/experiments/1/runs/${RUN}/artifacts`],
    [`/#/experiments/1/runs/${RUN}/artifactPath/model`, `/experiments/1/runs/${RUN}/artifacts/model`],
    [`/#/experiments/1/runs/${RUN}/model-metrics`, `/experiments/1/runs/${RUN}/metrics`],
    [`/#/experiments/1/runs/${RUN}/system-metrics`, `/experiments/1/runs/${RUN}/system-metrics`],
    ['/#/experiments/1/models/m-0123456789abcdef', '/experiments/1/models/m-0123456789abcdef'],
    ['/#/experiments/1?searchFilter=x', '/experiments/1'],
    ['/#/experiments', '/experiments'],
    ['/#/models', '/models'],
    ['/#/models/churn', '/models/churn'],
    ['/#/models/churn/versions/3', '/models/churn/versions/3'],
    ['/#/models/a%2Fb', '/models/a%2Fb'],
    [`/#/compare-runs?runs=["${RUN}","${RUN}"]&experiments=["1"]`, `/compare?runs=${RUN},${RUN}`],
    [`/#/metric/loss?runs=["${RUN}"]`, `/compare?runs=${RUN}`],
    ['/#/compare-runs', '/'],
    ['/#/no/such/page', '/'],
    // Those of Databricks.
    ['/ml/experiments/1', '/experiments/1'],
    ['/ml/endpoints', '/endpoints'],
    ['/ml/endpoints/fraud-score', '/endpoints/fraud-score'],
    [`/ml/experiments/1/runs/${RUN}`, `/experiments/1/runs/${RUN}`],
    ['/ml/models/churn/versions/3', '/models/churn/versions/3'],
    ['/explore/data/models/main/risk/churn', '/models/main.risk.churn'],
    ['/explore/data/models/main/risk/churn/version/3', '/models/main.risk.churn/versions/3'],
    ['/explore/data/models/main', '/models'],
  ])('leads from %s to %s', (printed, ours) => {
    const [path = '', hash = ''] = printed.split(/(?=#)/);
    expect(pathOfPrintedLink(path, hash)).toBe(ours);
  });

  it.each(['/', '/experiments/1', `/experiments/1/runs/${RUN}`, '/models/churn', '/mlops', '/explore'])(
    'leaves our own address %s alone',
    (path) => {
      expect(pathOfPrintedLink(path, '')).toBeUndefined();
      expect(pathOfPrintedLink(path, '#page')).toBeUndefined();
    },
  );
});
