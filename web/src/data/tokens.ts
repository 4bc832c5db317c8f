import { queryOptions } from '@tanstack/react-query';
import { getFrom, sendTo } from './request.ts';

/** A personal access token, as far as it is told again after it was made. */
export interface TokenInfo {
  readonly token_id: string;
  readonly comment: string;
  /** ms since 1970 */
  readonly creation_time: number;
  /** ms since 1970; -1 for one without an end. */
  readonly expiry_time: number;
}

const PATH = '/api/2.0/token';

/** One's own tokens, the newest first. */
export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: async ({ signal }) => {
    const { token_infos = [] } = await getFrom<{ token_infos?: readonly TokenInfo[] }>(
      `${PATH}/list`,
      signal,
    );
    return token_infos.toSorted((a, b) => b.creation_time - a.creation_time);
  },
});

/** @returns the token itself, which nobody is told again. @throws RequestError */
export async function makeToken(comment: string, lifetimeDays: number | undefined): Promise<string> {
  const { token_value } = await sendTo<{ token_value: string }>('POST', `${PATH}/create`, {
    comment,
    ...(lifetimeDays !== undefined && { lifetime_seconds: lifetimeDays * 86_400 }),
  });
  return token_value;
}

/** @throws RequestError */
export async function revokeToken(tokenId: string): Promise<void> {
  await sendTo('POST', `${PATH}/delete`, { token_id: tokenId });
}
