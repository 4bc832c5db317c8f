// What identities cost: the same requests without them, with each kind of credential, and with the audit log. What
// decides is the processor time that a request takes of the server: requests/s scatter here by more than the bar.
import { fillOverHttp, fillServer, type Sizes } from '../data/fill.ts';
import { call } from '../data/rest.ts';
import { runClosedLoop } from '../load/closed-loop.ts';
import { addHeader, type Connection, openConnection, prepareRequest } from '../load/connection.ts';
import { median, type Pace } from '../measure.ts';
import type { RunningServer } from '../targets/server-process.ts';
import { startSlipway } from '../targets/servers.ts';
import type { Finding } from './alone.ts';
import { reads } from './reads.ts';
import type { Requests, Scenario, Subject } from './scenario.ts';
import { writes } from './writes.ts';

/** Of the processor time that a request takes without identities. */
const BAR = 0.15;
/** Differences this small show in many short rounds beside each other, not in few long ones. */
const ROUNDS_FOR_ONE = 3;
const ADMIN_TOKEN = 'administrator-of-the-benchmark-0123456789';
const USER = 'jane@acme.com';
const PASSWORD = 'correct horse battery staple';
const NAMES = ['log-metric', 'batch-10', 'batch-1000', 'get-run', 'search-page', 'search-metric'];
const MEASURED = [...writes, ...reads].filter(({ name }) => NAMES.includes(name));

export interface AuthOptions {
  /** A folder of its own. */
  readonly home: string;
  readonly sizes: Sizes;
  readonly pace: Pace;
  /** An empty database beside SQLite in the home. */
  database(name: string): Promise<string | undefined>;
}

/**
 * Each has a server and a database of its own: what one has written, and its database has yet to put in order, must not
 * be charged to the next.
 */
interface Lane {
  readonly title: string;
  readonly subject: Subject;
  readonly server: RunningServer;
  /** The value of `Authorization`. */
  readonly credential: string | undefined;
}

interface Round {
  readonly requestsPerSecond: number;
  /** Of the server's processes. */
  readonly cpuMsPerRequest: number;
}

/** Somebody who has just the rights needed, for administrators are judged by a shorter way. */
interface Credentials {
  readonly bearer: string;
  readonly basic: string;
}

export async function measureAuth({ home, sizes, pace, database }: AuthOptions): Promise<Finding[]> {
  const servers: RunningServer[] = [];

  async function start(name: string, flags: readonly string[]) {
    const options = { home: `${home}-${name}`, databaseUrl: await database(`auth_${name}`) };
    // Filled without identities, for the program that fills has none.
    const filling = await startSlipway(options);
    let subject: Subject;
    try {
      subject = await fillServer(filling.port, sizes, fillOverHttp(filling.port));
    } finally {
      await filling.stop();
    }
    const env = { SLIPWAY_ADMIN_TOKEN: ADMIN_TOKEN };
    const server = await startSlipway({ ...options, flags, env });
    servers.push(server);
    return { subject: { ...subject, port: server.port }, server };
  }

  async function lane(title: string, name: string, flags: readonly string[], kind?: keyof Credentials) {
    const started = await start(name, flags);
    const credential = kind === undefined ? undefined : (await enrol(started.subject))[kind];
    return { title, ...started, credential };
  }

  try {
    const lanes: readonly Lane[] = [
      await lane('without identities', 'off', []),
      await lane('Bearer', 'bearer', ['--auth', '--audit', 'off'], 'bearer'),
      await lane('Basic', 'basic', ['--auth', '--audit', 'off'], 'basic'),
      await lane('Bearer and the audit log', 'audited', ['--auth', '--audit', 'on'], 'bearer'),
    ];
    const findings: Finding[] = [];
    for (const scenario of MEASURED) {
      const rounds = await measureInTurn(scenario, lanes, pace);
      findings.push(...compare(scenario.title, lanes, rounds));
    }
    return findings;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** The rounds of each lane; nobody is always the first after a pause, or always behind the same one. */
async function measureInTurn(
  { title, plan }: Scenario,
  lanes: readonly Lane[],
  pace: Pace,
): Promise<ReadonlyMap<Lane, readonly Round[]>> {
  const plans = new Map<Lane, Requests>();
  for (const lane of lanes) {
    const planned = plan(lane.subject);
    if (planned.kind !== 'requests') throw new Error(`${title} is no single request`);
    plans.set(lane, planned);
  }
  const rounds = new Map<Lane, Round[]>(lanes.map((lane) => [lane, []]));
  for (let round = -1; round < pace.rounds * ROUNDS_FOR_ONE; round += 1) {
    const first = (round + 1) % lanes.length;
    for (const lane of [...lanes.slice(first), ...lanes.slice(0, first)]) {
      const durationMs = round < 0 ? pace.warmUpMs : pace.roundMs / ROUNDS_FOR_ONE;
      const measured = await runRound(lane, plans.get(lane)!, durationMs);
      if (round >= 0) rounds.get(lane)!.push(measured);
    }
  }
  return rounds;
}

async function runRound(
  { subject, server, credential }: Lane,
  planned: Requests,
  durationMs: number,
): Promise<Round> {
  const connections = Array.from({ length: planned.connections }, () => openConnection(subject.port));
  try {
    const before = server.cpuMs();
    const result = await runClosedLoop({
      connections,
      durationMs,
      next() {
        const { bytes, minBytes } = planned.next();
        // Also without a credential a header of that length is sent, so that only what it means differs.
        const name = credential === undefined ? 'X-Nobody' : 'Authorization';
        return { bytes: addHeader(bytes, name, credential ?? 'x'.repeat(44)), minBytes };
      },
    });
    const cpuMs = server.cpuMs() - before;
    if (result.failed > 0) throw new Error(`${result.failed} requests failed: ${result.firstFailure}`);
    return {
      requestsPerSecond: (result.answered / result.elapsedMs) * 1000,
      cpuMsPerRequest: cpuMs / result.answered,
    };
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** Each round with its own, which what disturbs the machine disturbs as well. */
function compare(
  title: string,
  [open, ...others]: readonly Lane[],
  rounds: ReadonlyMap<Lane, readonly Round[]>,
): Finding[] {
  const without = rounds.get(open!)!;
  const medianOf = (of: readonly Round[], figure: keyof Round): number =>
    median(of.map((round) => round[figure]));
  const rate = (of: readonly Round[]): string => medianOf(of, 'requestsPerSecond').toFixed(0);
  const cost = (of: readonly Round[]): string => (medianOf(of, 'cpuMsPerRequest') * 1000).toFixed(0);
  return others.map((lane) => {
    const own = rounds.get(lane)!;
    const ratios = own.map(({ cpuMsPerRequest }, i) => cpuMsPerRequest / without[i]!.cpuMsPerRequest);
    const added = median(ratios) - 1;
    return {
      title: `${title}: ${lane.title}, more processor time than without identities`,
      value: `${(added * 100).toFixed(0)} % (${cost(without)} → ${cost(own)} µs; ${rate(without)} → ${rate(own)} requests/s)`,
      bar: `≤ ${BAR * 100} %`,
      isMet: added <= BAR,
    };
  });
}

async function enrol({ port, experimentId, writeExperimentId }: Subject): Promise<Credentials> {
  const connection = openConnection(port);
  try {
    const asAdmin = (path: string, body: object) =>
      send(connection, path, { body, credential: `Bearer ${ADMIN_TOKEN}` });
    await asAdmin('/api/2.0/mlflow/users/create', { username: USER, password: PASSWORD });
    for (const id of [experimentId, writeExperimentId]) {
      await asAdmin('/api/3.0/mlflow/users/permissions/grant', {
        username: USER,
        resource_type: 'experiment',
        resource_id: id,
        permission: 'EDIT',
      });
    }
    const basic = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
    const token = await send(connection, '/api/2.0/token/create', { body: {}, credential: basic });
    return { basic, bearer: `Bearer ${(token as { token_value: string }).token_value}` };
  } finally {
    connection.close();
  }
}

const send = (
  connection: Connection,
  path: string,
  { body, credential }: { readonly body: object; readonly credential: string },
): Promise<unknown> =>
  call(
    connection,
    addHeader(prepareRequest('POST', path, JSON.stringify(body)), 'Authorization', credential),
  );
