import type { DeclaredTokens, DeclaredWebhook } from './declaration.ts';
import { ask, type Door } from './door.ts';
import { on, type Planning, type Step } from './step.ts';

const CONF = '/api/2.0/workspace-conf';
const LIFETIME = 'maxTokenLifetimeDays';
const WEBHOOKS = '/api/2.0/mlflow/webhooks';

/** The longest life of new tokens, where it differs. */
export async function planTokens(
  tokens: DeclaredTokens | undefined,
  { door }: Planning,
): Promise<readonly Step[]> {
  if (tokens === undefined) return [];
  const body = await on(tokens, () => ask(door, 'GET', `${CONF}?keys=${LIFETIME}`));
  const wanted = tokens.maxLifetimeDays;
  if (Number(body[LIFETIME] || 0) === wanted) return [];
  return [
    {
      kind: 'change',
      what: wanted === 0 ? 'tokens: no limit of their life' : `tokens: at most ${wanted} days of life`,
      run: () =>
        on(tokens, async () => {
          await ask(door, 'PATCH', CONF, { [LIFETIME]: String(wanted) });
        }),
    },
  ];
}

interface Webhook {
  readonly webhook_id: string;
  readonly name: string;
  readonly url: string;
  readonly description?: string;
  readonly status: string;
  readonly events: readonly { readonly entity: string; readonly action: string }[];
}

/** Webhooks by name. A secret is set when the webhook is made; what is set later cannot be told from what is there. */
export async function planWebhooks(
  webhooks: readonly DeclaredWebhook[],
  { door, variable }: Planning,
): Promise<readonly Step[]> {
  if (webhooks.length === 0) return [];
  const present = await listWebhooks(door);
  const steps: Step[] = [];
  for (const webhook of webhooks) {
    const found = present.find(({ name }) => name === webhook.name);
    const body = {
      name: webhook.name,
      url: webhook.url,
      description: webhook.description ?? '',
      status: webhook.active ? 'ACTIVE' : 'DISABLED',
      events: webhook.events.map((event) => {
        const [entity = '', action = ''] = event.toUpperCase().split('.');
        return { entity, action };
      }),
    };
    if (found === undefined) {
      const secret = readSecret(webhook, variable);
      steps.push({
        kind: 'create',
        what: `webhook ${webhook.name}`,
        run: () =>
          on(webhook, async () => {
            await ask(door, 'POST', WEBHOOKS, { ...body, ...(secret !== undefined && { secret }) });
          }),
      });
      continue;
    }
    const differences = differencesOf(found, body);
    if (differences.length === 0) continue;
    steps.push({
      kind: 'change',
      what: `webhook ${webhook.name}: ${differences.join(', ')}`,
      run: () =>
        on(webhook, async () => {
          await ask(door, 'PATCH', `${WEBHOOKS}/${found.webhook_id}`, body);
        }),
    });
  }
  return steps;
}

function readSecret(webhook: DeclaredWebhook, variable: Planning['variable']): string | undefined {
  if (webhook.secretVariable === undefined) return undefined;
  const secret = variable(webhook.secretVariable);
  if (secret === undefined || secret === '')
    throw webhook.complain(`the environment variable ${webhook.secretVariable} is not set.`);
  return secret;
}

async function listWebhooks(door: Door): Promise<readonly Webhook[]> {
  const webhooks: Webhook[] = [];
  let token = '';
  do {
    const query = token === '' ? '' : `?page_token=${encodeURIComponent(token)}`;
    const body = await ask(door, 'GET', WEBHOOKS + query);
    webhooks.push(...((body.webhooks ?? []) as readonly Webhook[]));
    token = typeof body.next_page_token === 'string' ? body.next_page_token : '';
  } while (token !== '');
  return webhooks;
}

function differencesOf(found: Webhook, wanted: Omit<Webhook, 'webhook_id'>): readonly string[] {
  const differences: string[] = [];
  if (found.url !== wanted.url) differences.push(`url ${wanted.url}`);
  if ((found.description ?? '') !== wanted.description) differences.push('description');
  if (found.status !== wanted.status) differences.push(wanted.status.toLowerCase());
  const eventsOf = ({ events }: Pick<Webhook, 'events'>) =>
    events
      .map(({ entity, action }) => `${entity}.${action}`)
      .sort()
      .join(' ');
  if (eventsOf(found) !== eventsOf(wanted)) differences.push('events');
  return differences;
}
