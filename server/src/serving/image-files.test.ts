import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { type ImageFacts, imageFiles, imageName } from './image-files.ts';

const FACTS: ImageFacts = {
  target: 'docker',
  modelName: 'prod.ml.fraud_score',
  modelVersion: '7',
  python: '3.11.7',
  node: '24.21.0',
  hasWheels: false,
};

test.each([
  ['prod.ml.fraud_score', 'prod-ml-fraud-score'],
  ['ChurnPredictionModel', 'churnpredictionmodel'],
  ['2 trees', 'model-2-trees'],
  ['Ünïcode', 'n-code'],
  ['日本', 'model'],
  [`${'a'.repeat(31)}_b`, 'a'.repeat(31)],
])('%s is called %s where names are narrow', (name, narrow) => {
  expect(imageName(name)).toBe(narrow);
});

test('a name with characters of a shell or of YAML stands nowhere that they could act', () => {
  const files = imageFiles({ ...FACTS, target: 'kubernetes', modelName: '$(id) "x"\n- y: &a' });
  expect(files.Dockerfile).not.toContain('$(id)');
  expect(files.serve).not.toContain('$(id)');
  const [deployment] = parseAllDocuments(files['kubernetes.yaml']!);
  expect((deployment!.toJS() as { metadata: object }).metadata).toMatchObject({
    name: 'id-x-y-a',
    annotations: { 'slipway/model': '$(id) "x"\n- y: &a' },
  });
});

test('Kubernetes asks the routes that the server has, on the port that it listens to', () => {
  const documents = parseAllDocuments(imageFiles({ ...FACTS, target: 'kubernetes' })['kubernetes.yaml']!);
  const [deployment, service, scaler] = documents.map((document) => document.toJS() as Record<string, never>);
  expect([deployment!.kind, service!.kind, scaler!.kind]).toEqual([
    'Deployment',
    'Service',
    'HorizontalPodAutoscaler',
  ]);
  expect(deployment).toMatchObject({
    spec: {
      template: {
        spec: {
          containers: [
            {
              image: 'prod-ml-fraud-score:7',
              ports: [{ containerPort: 8080 }],
              readinessProbe: { httpGet: { path: '/ping', port: 8080 } },
            },
          ],
        },
      },
    },
  });
});

test('SageMaker finds `serve` on 8080, and the model that it mounts', () => {
  const { serve, 'sagemaker/model.json': model } = imageFiles({ ...FACTS, target: 'sagemaker' });
  expect(serve).toContain('/opt/ml/model/MLmodel');
  expect(serve).toContain('port=8080');
  expect(JSON.parse(model!)).toMatchObject({
    ModelName: 'prod-ml-fraud-score',
    PrimaryContainer: { Image: 'ACCOUNT.dkr.ecr.REGION.amazonaws.com/prod-ml-fraud-score:7' },
  });
});

test('Azure ML is told its routes, on 5001', () => {
  const files = imageFiles({ ...FACTS, target: 'azureml' });
  expect(files.serve).toContain('port=5001');
  expect(files.Dockerfile).toContain('EXPOSE 5001');
  expect(parse(files['azureml/deployment.yml']!)).toMatchObject({
    environment: { inference_config: { scoring_route: { path: '/invocations', port: 5001 } } },
  });
});

test('wheels of the model are copied only where there are some', () => {
  expect(imageFiles(FACTS).Dockerfile).not.toContain('wheels');
  expect(imageFiles({ ...FACTS, hasWheels: true }).Dockerfile).toContain('COPY wheels /opt/wheels');
});
