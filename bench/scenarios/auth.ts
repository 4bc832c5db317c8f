// What identities cost: the same requests without them, with each kind of credential, and with the audit log.
import { fillOverHttp, fillServer, type Sizes } from '../data/fill.ts';
import { call } from '../data/rest.ts';
import { runClosedLoop } from '../load/closed-loop.ts';
import { addHeader, type Connection, openConnection, prepareRequest } from '../load/connection.ts';
import { median, type Pace } from '../measure.ts';
import type { RunningServer } from '../targets/server-process.ts';
import { startSlipway } from '../targets/servers.ts';
import type { Finding } from './alone.ts';
import { reads } from './reads.ts';
import type { Subject } from './scenario.ts';
import { writes } from './writes.ts';

/** Of the time that a request takes without identities. */
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

interface Lane {
  readonly title: string;
  readonly subject: Subject;
  /** The value of `Authorization`. */
  readonly credential: string | undefined;
  /** Units per second of each round. */
  readonly rates: number[];
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
    return { ...subject, port: server.port };
  }

  try {
    const open = await start('off', []);
    const guarded = await start('on', ['--auth', '--audit', 'off']);
    const audited = await start('audited', ['--auth', '--audit', 'on']);
    const known = await enrol(guarded);
    const heard = await enrol(audited);
    const findings: Finding[] = [];
    for (const { title, plan } of MEASURED) {
      const lanes: Lane[] = [
        { title: 'without identities', subject: open, credential: undefined, rates: [] },
        { title: 'Bearer', subject: guarded, credential: known.bearer, rates: [] },
        { title: 'Basic', subject: guarded, credential: known.basic, rates: [] },
        { title: 'Bearer and the audit log', subject: audited, credential: heard.bearer, rates: [] },
      ];
      const next = new Map(
        lanes.map((lane) => {
          const planned = plan(lane.subject);
          if (planned.kind !== 'requests') throw new Error(`${title} is no single request`);
          return [lane, planned];
        }),
      );
      for (let round = -1; round < pace.rounds * ROUNDS_FOR_ONE; round += 1) {
        // Nobody is always the first after a pause, or always behind the same one.
        const first = (round + 1) % lanes.length;
        for (const lane of [...lanes.slice(first), ...lanes.slice(0, first)]) {
          const planned = next.get(lane)!;
          const rate = await runRound(
            lane,
            planned,
            round < 0 ? pace.warmUpMs : pace.roundMs / ROUNDS_FOR_ONE,
          );
          if (round >= 0) lane.rates.push(rate);
        }
      }
      findings.push(...compare(title, lanes));
    }
    return findings;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

async function runRound(
  { subject, credential }: Lane,
  planned: { readonly connections: number; next(): { readonly bytes: Buffer; readonly minBytes: number } },
  durationMs: number,
): Promise<number> {
  const connections = Array.from({ length: planned.connections }, () => openConnection(subject.port));
  try {
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
    if (result.failed > 0) throw new Error(`${result.failed} requests failed: ${result.firstFailure}`);
    return (result.answered / result.elapsedMs) * 1000;
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** Each round with its own, which what disturbs the machine disturbs as well. */
function compare(title: string, [open, ...others]: readonly Lane[]): Finding[] {
  return others.map(({ title: name, rates }) => {
    const added = median(rates.map((rate, round) => open!.rates[round]! / rate)) - 1;
    return {
      title: `${title}: ${name}, more than without identities`,
      value: `${(added * 100).toFixed(0)} % (${median(open!.rates).toFixed(0)} → ${median(rates).toFixed(0)} requests/s)`,
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
