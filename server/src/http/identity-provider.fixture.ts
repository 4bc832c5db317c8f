import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';
import { afterAll } from 'vitest';
import { freePort } from '../../../tools/postgres.mjs';

const CLIENT = 'slipway';
const SECRET = 'a secret of thirty-two characters';

export interface IdentityProvider {
  /** What a server needs to know of it. */
  readonly args: string[];
  readonly issuer: string;
  readonly env: Readonly<Record<string, string>>;
  /** Begins to answer, for a server that runs at this address: whoever signs in there is called by what they typed. */
  serve(serverUrl: string): Promise<void>;
}

/** A real provider of OpenID Connect, where anybody signs in by a name and any password. */
export async function identityProvider(): Promise<IdentityProvider> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const server = createServer();
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    issuer,
    args: ['--oidc-issuer', issuer, '--oidc-client-id', CLIENT, '--oidc-label', 'Acme'],
    env: { SLIPWAY_OIDC_CLIENT_SECRET: SECRET },
    async serve(serverUrl) {
      const provider = new Provider(issuer, {
        clients: [
          {
            client_id: CLIENT,
            client_secret: SECRET,
            redirect_uris: [`${serverUrl}/api/slipway/v1/session/oidc/callback`],
          },
        ],
        pkce: { required: () => true },
        scopes: ['openid', 'profile', 'email'],
        claims: { openid: ['sub'], email: ['email', 'email_verified'] },
        cookies: { keys: ['a key of the provider in these tests'] },
        features: { devInteractions: { enabled: true } },
        findAccount: (_context, id) => ({
          accountId: id,
          claims: () => ({ sub: id, email: id, email_verified: true }),
        }),
      });
      server.on('request', provider.callback());
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    },
  };
}
