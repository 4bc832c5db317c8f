import { invalidArgument } from '../../kernel/errors.ts';
import type { TransferredLoggedModel } from '../../tracking/transfer-entities.ts';

/** The numbers of MLflow's message definition, in which its database and its files keep the status. */
const STATUSES = ['UNSPECIFIED', 'PENDING', 'READY', 'FAILED'] as const;

/** @throws AppError InvalidArgument */
export function loggedModelStatus(number: number): TransferredLoggedModel['status'] {
  const status = STATUSES[number];
  if (status === undefined) throw invalidArgument(`The status ${number} of a logged model is not known.`);
  return status;
}
