import { unavailable } from '../../kernel/errors.ts';

/** What a cluster's Serve runs, as `GET /api/serve/applications/` tells; fields that are of no concern are kept whole. */
export interface ServeDetails {
  readonly applications: Readonly<Record<string, ApplicationDetails>>;
  readonly [setting: string]: unknown;
}

export interface ApplicationDetails {
  readonly status: string;
  /** With those of its deployments, which say more. */
  readonly message: string;
  /** 'declarative' where it stands in a document that was PUT; others are none of that document's business. */
  readonly source: string;
  readonly config: Readonly<Record<string, unknown>> | undefined;
}

export type ApplicationConfig = Readonly<Record<string, unknown>> & { readonly name: string };

/** @throws AppError Unavailable for an answer that is none of Serve's */
export function readDetails(value: unknown): ServeDetails {
  const { applications, ...settings } = recordOf(value, 'the applications');
  const read = Object.entries(recordOf(applications, 'the applications')).map(([name, found]) => {
    const { status, message, source, deployments, deployed_app_config: config } = recordOf(found, name);
    return [
      name,
      {
        status: String(status),
        message: [message, ...messagesOf(deployments)].filter((text) => typeof text === 'string').join('\n'),
        source: String(source),
        config: config === null || config === undefined ? undefined : recordOf(config, name),
      },
    ] as const;
  });
  return { ...settings, applications: Object.fromEntries(read) };
}

export interface Wish {
  /** What all of ours begin with, and nobody else's. */
  readonly prefix: string;
  readonly applications: readonly ApplicationConfig[];
  /** Names of other servers of this installation that have ended. */
  readonly orphans: ReadonlySet<string>;
  /** Where Serve is to listen, if this starts it. */
  readonly port: number;
}

/**
 * The document that leaves everybody else's applications as they are: what is PUT replaces all that was PUT before.
 * @throws AppError Unavailable where what another's application is made of is not told, so that it would be lost
 */
export function documentOf(details: ServeDetails, wish: Wish): Readonly<Record<string, unknown>> {
  const others = Object.entries(details.applications).flatMap(([name, application]) => {
    const leave = name.startsWith(wish.prefix) || wish.orphans.has(name);
    // One that is being deleted must not come back by us.
    if (leave || application.source !== 'declarative' || application.status === 'DELETING') return [];
    if (application.config === undefined)
      throw unavailable(
        `The application ${name} of the Ray cluster does not tell its configuration: a change would delete it.`,
      );
    return [application.config];
  });
  const applications = [...others, ...wish.applications];
  if (!runs(details)) return { proxy_location: 'EveryNode', http_options: { port: wish.port }, applications };
  const kept = ['proxy_location', 'http_options', 'grpc_options', 'target_capacity'].flatMap((name) =>
    details[name] === undefined || details[name] === null ? [] : [[name, details[name]] as const],
  );
  return { ...Object.fromEntries(kept), applications };
}

const messagesOf = (deployments: unknown): readonly unknown[] =>
  Object.values(recordOf(deployments ?? {}, 'the deployments')).map(
    (one) => recordOf(one, 'a deployment').message,
  );

const runs = ({ controller_info: controller }: ServeDetails): boolean =>
  typeof controller === 'object' && controller !== null && Object.keys(controller).length > 0;

function recordOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unavailable(`The Ray cluster did not say what ${what} are.`);
  return value as Record<string, unknown>;
}
