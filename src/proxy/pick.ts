// Which of the failed branches speaks for all of them (RFC 3261 section 16.7 step 6, TM-30).

/** The end of a branch, as far as picking cares. */
export interface PickCandidate {
  /** 300…699; 0 while open. */
  readonly finalStatus: number;
  /** Whether the status was made here, without a message. */
  readonly isFaked: boolean;
  /** Had its say in an earlier round, or was replaced by a branch to the next address (TM-30). */
  readonly isConsumed: boolean;
}

/**
 * The lower, the better.
 * @param wasCancelled - the transaction was cancelled, so a 487 that was received is what the caller asked for
 */
export function priority(status: number, isFaked: boolean, wasCancelled: boolean): number {
  if (status === 487 && wasCancelled && !isFaked) return 0;
  if (status >= 700) return status + 200;
  if (status >= 600) return status - 300;
  if (status >= 500) return status === 503 ? 801 : status + 200;
  switch (status) {
    case 401:
      return 500;
    case 407:
      return 501;
    case 408:
      return 800;
    case 415:
      return 502;
    case 420:
      return 503;
    case 484:
      return 504;
  }
  return status >= 400 ? status + 200 : status + 100;
}

/**
 * The winner among the branches that have ended; ties go to the lowest index.
 * @returns its index, or −1 when none has ended
 */
export function pickBranch(branches: readonly PickCandidate[], wasCancelled: boolean): number {
  let best = -1;
  let bestPriority = Number.POSITIVE_INFINITY;
  for (let i = 0; i < branches.length; i++) {
    const branch = branches[i];
    if (branch === undefined || branch.finalStatus < 300 || branch.isConsumed) continue;
    const value = priority(branch.finalStatus, branch.isFaked, wasCancelled);
    if (value < bestPriority) {
      best = i;
      bestPriority = value;
    }
  }
  return best;
}
