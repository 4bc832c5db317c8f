import type { Compilation } from '../../serving/compiled/compilations.ts';
import type { Evidence } from '../../serving/compiled/evidence.ts';
import type { EndpointView, EntityView } from '../../serving/endpoint-states.ts';
import { endpointNotFound, endpointSecurable } from '../../serving/endpoints.ts';
import type { MlflowRoute } from '../mlflow/routes.ts';

export interface CompiledEvidenceDependencies {
  findEndpoint(name: string): Promise<{ readonly id: string } | undefined>;
  getEndpoint(name: string): Promise<EndpointView>;
  /** What became of compiling what it serves, by name of the entity. */
  compilationsOf(endpoint: EndpointView): Promise<ReadonlyMap<string, Compilation>>;
}

/** Why the models of an endpoint are, or are not, answered by a compiled form. */
export function compiledEvidenceRoutes({
  findEndpoint,
  getEndpoint,
  compilationsOf,
}: CompiledEvidenceDependencies): readonly MlflowRoute[] {
  return [
    {
      method: 'GET',
      path: 'slipway/v1/serving-endpoints/:name/evidence',
      access: [
        {
          action: 'endpoint.see',
          target: async ({ path }) => {
            const name = path.name!;
            const endpoint = await findEndpoint(name);
            if (endpoint === undefined) throw endpointNotFound(name);
            return { on: endpointSecurable(endpoint.id), missing: () => endpointNotFound(name) };
          },
        },
      ],
      request: [],
      async handle({ path }) {
        const endpoint = await getEndpoint(path.name!);
        const found = await compilationsOf(endpoint);
        return {
          name: endpoint.name,
          entities: (endpoint.active?.entities ?? []).map((entity) =>
            renderEntity(entity, found.get(entity.config.name)),
          ),
        };
      },
    },
  ];
}

function renderEntity({ config, version, state }: EntityView, compilation: Compilation | undefined): object {
  const { evidence, sha256, updatedAtMs, reason = '' } = compilation ?? {};
  return {
    name: config.name,
    entity_name: config.writtenModel,
    entity_version: String(version),
    compiled_lane: config.compiledLane ?? 'auto',
    answers: state.lane?.answers ?? 'python',
    state: compilation?.state ?? 'none',
    ...(reason !== '' && { reason }),
    ...(updatedAtMs !== undefined && { updated_at: updatedAtMs }),
    ...(sha256 !== undefined && { sha256 }),
    ...(evidence !== undefined && { evidence: renderEvidence(evidence) }),
  };
}

const renderEvidence = ({ kind, domain, probes, versions, ...numbers }: Evidence): object => ({
  ...(kind !== undefined && { kind }),
  probes,
  largest_difference: numbers.largestDifference,
  tolerance: numbers.tolerance,
  checks: numbers.checks.length,
  seed: numbers.seed,
  versions,
  ...(domain !== undefined && {
    domain: {
      nan: !domain.refusesNan,
      positive_infinity: !domain.refusesPositiveInfinity,
      negative_infinity: !domain.refusesNegativeInfinity,
      no_rows: !domain.refusesNoRows,
      largest: domain.largest,
    },
  }),
});
