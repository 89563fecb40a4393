// What functions of the user's return: told and not waited for.

/** Whether somebody could wait for it. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/**
 * Takes what a listener returned. A promise that fails is told to `onError` and harms nobody else; one that never settles is not waited for.
 * @param onError - called later, and only for a promise
 */
export function contain(result: unknown, onError: (error: unknown) => void): void {
  if (isPromiseLike(result)) Promise.resolve(result).then(undefined, onError);
}
