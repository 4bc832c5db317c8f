import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { Sealer } from '../secrets/sealer.ts';
import { type EgressGuard, isEgressRefusal } from './egress-guard.ts';
import { post } from './http-post.ts';
import type { AttemptOutcome } from './retry-rules.ts';
import { deliveryHeaders } from './signature.ts';
import type { WebhookRow } from './webhooks-repository.ts';

export interface OutgoingDelivery {
  readonly deliveryId: string;
  readonly body: string;
  /** Breaks the attempt off; it lasts 30 s at most in any case. */
  readonly signal?: AbortSignal;
}

export interface SentDelivery {
  readonly outcome: AttemptOutcome;
  /** What the receiver said, where it answered. */
  readonly responseBody: string | undefined;
}

export interface DeliveryTransport {
  /** One attempt. Throws only when `signal` ended it. */
  send(webhook: WebhookRow, delivery: OutgoingDelivery): Promise<SentDelivery>;
}

export interface TransportDependencies {
  readonly guard: EgressGuard;
  readonly sealer: Sealer;
  readonly clock: Clock;
}

const TIMEOUT_MS = 30_000;

/** Signs a delivery and posts it. */
export function createDeliveryTransport({ guard, sealer, clock }: TransportDependencies): DeliveryTransport {
  return {
    async send(webhook, { deliveryId, body, signal }) {
      try {
        const secret = webhook.sealed_secret === null ? undefined : sealer.open(webhook.sealed_secret);
        const headers = deliveryHeaders({ deliveryId, body, secret, nowMs: clock.nowMs() });
        const answer = await post(guard, { url: webhook.url, headers, body, timeoutMs: TIMEOUT_MS, signal });
        const { status, retryAfter } = answer;
        return { outcome: { kind: 'answered', status, retryAfter }, responseBody: answer.body };
      } catch (error) {
        if (signal?.aborted) throw error;
        return { outcome: failureOf(error), responseBody: undefined };
      }
    },
  };
}

function failureOf(error: unknown): AttemptOutcome {
  const text = (error as Error).message.slice(0, 1000);
  const isOurs = error instanceof AppError && error.code !== 'DeadlineExceeded';
  if (isOurs || isEgressRefusal((error as Error).cause)) return { kind: 'refused', error: text };
  return { kind: 'unreachable', error: text };
}
