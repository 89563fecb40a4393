// Waiting for a lost connection to be gone on the server's side.
import { setTimeout as pause } from "node:timers/promises";
import { StoreError } from "../ports.ts";

const PAUSE_MS = 20;

/**
 * Asks again and again until it is gone.
 * @param limitMs - how long
 * @throws StoreError `away` when it never is
 */
export async function waitUntilGone(limitMs: number, isGone: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + limitMs;
  while (!(await isGone())) {
    if (performance.now() > until) throw new StoreError("away", "a lost connection of ours is still at work on the server");
    await pause(PAUSE_MS);
  }
}
