import { createHmac } from 'node:crypto';

export interface Signed {
  readonly deliveryId: string;
  readonly body: string;
  readonly nowMs: number;
  /** Undefined for a webhook without a secret, whose deliveries carry no signature. */
  readonly secret: string | undefined;
}

/**
 * The headers by which a receiver knows a delivery: its id, which a repeated one keeps, and the HMAC-SHA256 of
 * `<id>.<unix seconds>.<body>` under the webhook's secret.
 */
export function deliveryHeaders({ deliveryId, body, nowMs, secret }: Signed): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const headers: Record<string, string> = {
    'X-MLflow-Delivery-Id': deliveryId,
    'X-MLflow-Timestamp': timestamp,
  };
  if (secret !== undefined) {
    const digest = createHmac('sha256', secret).update(`${deliveryId}.${timestamp}.${body}`).digest('base64');
    headers['X-MLflow-Signature'] = `v1,${digest}`;
  }
  return headers;
}
