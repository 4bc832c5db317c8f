import { parentPort, workerData } from 'node:worker_threads';
import Connection from 'better-sqlite3';

/**
 * Moves committed pages from the write-ahead log into the database file, on a thread of its own: copying and syncing
 * them would otherwise hold every request for tens of milliseconds. Answers each message when one pass is done.
 */
const connection = new Connection(workerData as string);
// A pass never waits for readers or writers: it takes what it can.
connection.pragma('busy_timeout = 0');
connection.pragma('cache_size = -512');

parentPort!.on('message', () => {
  let moved = true;
  try {
    connection.pragma('wal_checkpoint(PASSIVE)');
  } catch {
    // A full or failing disk: the log keeps everything, and the writer tells its callers.
    moved = false;
  }
  parentPort!.postMessage(moved);
});
