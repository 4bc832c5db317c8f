// A program of its own: turns segments and feedback into Parquet files, joins these, and reads and writes checkpoints.
import { readFile } from 'node:fs/promises';
import { runDeltaProgram } from '../delta/delta-program.ts';
import { type FeedbackRow, feedbackRows } from './feedback-schema.ts';
import { payloadRows } from './payload-schemas.ts';
import { decodeHeader, decodeRecords, SEGMENT_HEADER_BYTES } from './record.ts';

runDeltaProgram({
  async segment(file) {
    const bytes = await readFile(file);
    const header = decodeHeader(bytes);
    if (header === undefined) throw new Error('The file is no segment of the journal.');
    return payloadRows(header.kind, decodeRecords(bytes.subarray(SEGMENT_HEADER_BYTES)));
  },
  async feedback(file) {
    return feedbackRows(JSON.parse(await readFile(file, 'utf8')) as FeedbackRow[]);
  },
});
