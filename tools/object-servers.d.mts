export type ObjectServerName = 'versitygw' | 'moto' | 'azurite' | 'fake-gcs-server';

export interface ObjectServer {
  readonly url: string;
  /** For azurite the account and its key. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  stop(): Promise<void>;
}

export const objectServerNames: readonly ObjectServerName[];
export function isInstalled(name: ObjectServerName): boolean;
export function installObjectServer(name: ObjectServerName): Promise<void>;
export function startObjectServer(name: ObjectServerName): Promise<ObjectServer>;
