import { stringify } from 'yaml';

export const IMAGE_TARGETS = ['docker', 'kubernetes', 'sagemaker', 'azureml'] as const;
export type ImageTarget = (typeof IMAGE_TARGETS)[number];

/** What a container of a model is made of. */
export interface ImageFacts {
  readonly target: ImageTarget;
  /** As its owner calls it: `prod.ml.fraud_score`. */
  readonly modelName: string;
  /** `7`, or empty. */
  readonly modelVersion: string;
  /** `3.11.7`. */
  readonly python: string;
  /** `24.21.0`. */
  readonly node: string;
  /** Whether the model brings wheels of its own. */
  readonly hasWheels: boolean;
}

/** Where SageMaker puts a model that is given to it apart from the image. */
const MOUNTED_MODEL = '/opt/ml/model';

/**
 * The files beside `model/`, `program/` and `requirements.txt` in the folder that an image is built from, by path.
 * Container contracts: SageMaker runs the image with the argument `serve` and asks 8080 for /ping and /invocations;
 * Azure ML asks the routes and the port of the deployment's file, 5001 here.
 */
export function imageFiles(facts: ImageFacts): Readonly<Record<string, string>> {
  return {
    Dockerfile: dockerfile(facts),
    '.dockerignore': '**/__pycache__\n',
    serve: entrypoint(facts),
    ...manifests(facts),
    'README.md': readme(facts),
  };
}

function portOf(target: ImageTarget): number {
  return target === 'azureml' ? 5001 : 8080;
}

/** A name that images, Kubernetes and both clouds accept: `prod-ml-fraud-score`. */
export function imageName(modelName: string): string {
  const name = modelName
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 32)
    .replaceAll(/^-+|-+$/g, '');
  // Kubernetes wants a letter first.
  return /^[a-z]/.test(name) ? name : `model-${name}`.replace(/-$/, '');
}

function dockerfile({ target, python, node, hasWheels }: ImageFacts): string {
  const port = portOf(target);
  const wheels = hasWheels ? 'COPY wheels /opt/wheels\n' : '';
  const installWheels = hasWheels
    ? ' \\\n && /opt/environment/bin/pip install --no-cache-dir --no-deps /opt/wheels/*.whl'
    : '';
  return `FROM node:${node}-bookworm-slim AS program
WORKDIR /opt/slipway
COPY program/ ./
RUN npm install --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:${python}-slim-bookworm
COPY --from=program /usr/local/bin/node /usr/local/bin/node
COPY --from=program /opt/slipway /opt/slipway
COPY requirements.txt /opt/requirements.txt
${wheels}RUN python -m venv /opt/environment \\
 && /opt/environment/bin/pip install --no-cache-dir --only-binary :all: --require-hashes -r /opt/requirements.txt${installWheels} \\
 && useradd --system --uid 10001 --no-create-home slipway
COPY model /opt/model
COPY --chmod=755 serve /opt/serve
ENV PATH=/opt/environment/bin:/usr/local/bin:/usr/bin:/bin \\
    SLIPWAY_HOME=/tmp/slipway
USER 10001
EXPOSE ${port}
HEALTHCHECK --start-period=120s CMD ["node", "-e", "fetch('http://127.0.0.1:${port}/ping').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/opt/serve"]
CMD ["serve"]
`;
}

/** \`exec\`, so that signals to stop reach the program. */
function entrypoint({ target }: ImageFacts): string {
  const mounted =
    target === 'sagemaker'
      ? `# A model that was given apart from the image comes first.
if [ -f ${MOUNTED_MODEL}/MLmodel ]; then model=${MOUNTED_MODEL}; fi
port="\${SAGEMAKER_BIND_TO_PORT:-$port}"
`
      : '';
  return `#!/bin/sh
set -eu
model=/opt/model
port=${portOf(target)}
${mounted}if [ "\${1:-serve}" != serve ]; then exec "$@"; fi
exec node /opt/slipway/dist/main.js models serve -m "$model" -h 0.0.0.0 -p "$port" --env-manager local
`;
}

function manifests(facts: ImageFacts): Readonly<Record<string, string>> {
  const name = imageName(facts.modelName);
  const image = `${name}:${facts.modelVersion || 'latest'}`;
  switch (facts.target) {
    case 'docker':
      return {};
    case 'kubernetes':
      return { 'kubernetes.yaml': kubernetes(name, image, facts) };
    case 'sagemaker':
      return sagemaker(name, image);
    case 'azureml':
      return azureml(name, image, facts);
  }
}

function kubernetes(name: string, image: string, facts: ImageFacts): string {
  const port = portOf(facts.target);
  const labels = { 'app.kubernetes.io/name': name };
  const probe = (path: string) => ({ httpGet: { path, port } });
  const documents = [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name,
        labels,
        annotations: { 'slipway/model': facts.modelName, 'slipway/version': facts.modelVersion },
      },
      spec: {
        selector: { matchLabels: labels },
        // A version is replaced without a failed request: the old one answers until the new one does.
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            securityContext: { runAsNonRoot: true, runAsUser: 10001, fsGroup: 10001 },
            containers: [
              {
                name: 'model',
                image,
                ports: [{ name: 'http', containerPort: port }],
                startupProbe: { ...probe('/ping'), periodSeconds: 2, failureThreshold: 90 },
                readinessProbe: { ...probe('/ping'), periodSeconds: 5 },
                livenessProbe: { ...probe('/health'), periodSeconds: 10, failureThreshold: 6 },
                resources: {
                  requests: { cpu: '500m', memory: '1Gi' },
                  limits: { memory: '2Gi' },
                },
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ['ALL'] },
                },
                volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
              },
            ],
            volumes: [{ name: 'tmp', emptyDir: {} }],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, labels },
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    },
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name, labels },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        minReplicas: 1,
        maxReplicas: 4,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
          },
        ],
      },
    },
  ];
  return documents.map((document) => stringify(document)).join('---\n');
}

/** Inputs of \`aws sagemaker create-model\` and its two followers. */
function sagemaker(name: string, image: string): Readonly<Record<string, string>> {
  const json = (value: object) => `${JSON.stringify(value, undefined, 2)}\n`;
  return {
    'sagemaker/model.json': json({
      ModelName: name,
      ExecutionRoleArn: 'arn:aws:iam::ACCOUNT:role/ROLE',
      PrimaryContainer: { Image: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/${image}` },
    }),
    'sagemaker/endpoint-config.json': json({
      EndpointConfigName: name,
      ProductionVariants: [
        {
          VariantName: 'main',
          ModelName: name,
          InitialInstanceCount: 1,
          InstanceType: 'ml.c6i.large',
          InitialVariantWeight: 1,
        },
      ],
    }),
    'sagemaker/endpoint.json': json({ EndpointName: name, EndpointConfigName: name }),
  };
}

/** Inputs of \`az ml online-endpoint create\` and \`az ml online-deployment create\`. */
function azureml(name: string, image: string, facts: ImageFacts): Readonly<Record<string, string>> {
  const port = portOf(facts.target);
  const route = (path: string) => ({ path, port });
  return {
    'azureml/endpoint.yml': stringify({
      $schema: 'https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json',
      name,
      auth_mode: 'key',
    }),
    'azureml/deployment.yml': stringify({
      $schema: 'https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json',
      name: 'main',
      endpoint_name: name,
      environment: {
        name,
        image: `REGISTRY.azurecr.io/${image}`,
        inference_config: {
          liveness_route: route('/health'),
          readiness_route: route('/ping'),
          scoring_route: route('/invocations'),
        },
      },
      instance_type: 'Standard_DS2_v2',
      instance_count: 1,
    }),
  };
}

function readme(facts: ImageFacts): string {
  const name = imageName(facts.modelName);
  const image = `${name}:${facts.modelVersion || 'latest'}`;
  const port = portOf(facts.target);
  return `# ${facts.modelName} ${facts.modelVersion}

    docker build -t ${image} .
    docker run --rm -p ${port}:${port} ${image}
    curl http://127.0.0.1:${port}/invocations -H 'content-type: application/json' -d '{"dataframe_split": …}'

The image holds the model, its Python packages by version and digest (\`requirements.txt\`), and the program that serves
it. It answers \`/invocations\`, \`/ping\`, \`/health\` and \`/version\` as \`mlflow models serve\` does.
${NEXT_STEPS[facts.target]}`;
}

const NEXT_STEPS: Readonly<Record<ImageTarget, string>> = {
  docker: '',
  kubernetes: `
Push the image, put its address into \`kubernetes.yaml\`, then \`kubectl apply -f kubernetes.yaml\`.
`,
  sagemaker: `
Push the image to ECR, put the account, region and role into the files of \`sagemaker/\`, then:

    aws sagemaker create-model --cli-input-json file://sagemaker/model.json
    aws sagemaker create-endpoint-config --cli-input-json file://sagemaker/endpoint-config.json
    aws sagemaker create-endpoint --cli-input-json file://sagemaker/endpoint.json
`,
  azureml: `
Push the image to the registry of the workspace, put its address into \`azureml/deployment.yml\`, then:

    az ml online-endpoint create -f azureml/endpoint.yml
    az ml online-deployment create -f azureml/deployment.yml --all-traffic
`,
};
