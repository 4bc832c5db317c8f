import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import type { Connection } from '../load/connection.ts';
import type { Scenario, Subject } from './scenario.ts';

const MIB = 1024 * 1024;
const NOTHING = Buffer.alloc(0);
const pattern = randomFillSync(Buffer.allocUnsafe(MIB));

const path = ({ writeExperimentId, writeRunIds }: Subject, name: string): string =>
  `/api/2.0/mlflow-artifacts/artifacts/${writeExperimentId}/${writeRunIds[0]!}/artifacts/${name}`;

/** Sends `artifactBytes` of the pattern, over and over. */
async function upload(subject: Subject, connection: Connection, name: string): Promise<void> {
  const head = `PUT ${path(subject, name)} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/octet-stream\r\nContent-Length: ${subject.artifactBytes}\r\n\r\n`;
  const socket = await connection.socket();
  // Settled in the middle of the body only by a refusal or a broken connection.
  const early = new AbortController();
  const answer = connection.exchange(NOTHING).finally(() => early.abort());
  answer.catch(() => undefined);
  socket.write(head);
  let sent = 0;
  for (; sent < subject.artifactBytes && !early.signal.aborted; sent += MIB) {
    if (!socket.write(pattern)) await once(socket, 'drain', { signal: early.signal }).catch(() => undefined);
  }
  const { status } = await answer;
  if (sent >= subject.artifactBytes && status === 200) return;
  connection.close();
  throw new Error(`the upload was answered ${status}`);
}

/** Compares every byte with what was sent. */
async function download(subject: Subject, connection: Connection, name: string): Promise<void> {
  const request = Buffer.from(`GET ${path(subject, name)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  let received = 0;
  let wrong = false;
  const onBody = (piece: Buffer) => {
    for (let at = 0; at < piece.length; ) {
      const offset = received % MIB;
      const size = Math.min(piece.length - at, MIB - offset);
      if (pattern.compare(piece, at, at + size, offset, offset + size) !== 0) wrong = true;
      at += size;
      received += size;
    }
  };
  const { status } = await connection.exchange(request, { onBody });
  if (status !== 200) throw new Error(`the download was answered ${status}`);
  if (wrong || received !== subject.artifactBytes)
    throw new Error(`downloaded ${received} bytes, not those uploaded`);
}

export const artifacts: readonly Scenario[] = [
  {
    name: 'artifact-up',
    title: 'artifact up',
    unit: 'MiB/s',
    bar: { peer: 1, bare: 0.7 },
    plan: (subject) => ({
      kind: 'sequence',
      async run(connection) {
        await upload(subject, connection, 'upload.bin');
        return subject.artifactBytes / MIB;
      },
    }),
  },
  {
    name: 'artifact-down',
    title: 'artifact down',
    unit: 'MiB/s',
    bar: { peer: 1, bare: 0.7 },
    plan(subject) {
      let isThere = false;
      return {
        kind: 'sequence',
        async run(connection) {
          // Falls into the warm-up, which is not counted.
          if (!isThere) await upload(subject, connection, 'download.bin');
          isThere = true;
          await download(subject, connection, 'download.bin');
          return subject.artifactBytes / MIB;
        },
      };
    },
  },
];
