// How the process ends.

/** How long something that was left open may delay the end. */
const LEFT_OPEN_MS = 100;

/**
 * Ends the process with a status as soon as nothing is open any more, which also lets what was written leave.
 * `process.exit()` is the last resort: it waits for threads that compile, and one that wants the heap collected waits for ever
 * (nodejs/node#54918).
 */
export function endWith(status: number): void {
  process.exitCode = status;
  setTimeout(() => process.exit(), LEFT_OPEN_MS).unref();
}
