import type { ApprovalPolicy } from '../../protocol/shapes/clone.js';
import type { ApprovalRequest } from '../brains/contract.js';

/** An answer that needs no human. */
export interface PolicyDecision {
  readonly decision: 'allow' | 'deny';
  readonly message: string;
}

/**
 * What a clone's policy answers by itself; undefined where a human must. A question is a human's to
 * answer under every policy but `deny`. Edits under `acceptEdits` never come here: the brain allows
 * them itself, since it knows which of its tools edit.
 */
export function decideByPolicy(policy: ApprovalPolicy, request: ApprovalRequest): PolicyDecision | undefined {
  switch (policy) {
    case 'deny':
      return { decision: 'deny', message: "This clone's policy denies all requests." };
    case 'allow':
      return request.kind === 'tool'
        ? { decision: 'allow', message: "Allowed by this clone's policy." }
        : undefined;
    case 'ask':
    case 'acceptEdits':
      return undefined;
  }
}
