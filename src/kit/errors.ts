// Our user's mistakes and our own bugs. A peer's mistake is never one of these: see parsed.ts.

const codes = {
  ConfigInvalid: "DIALOOM_CONFIG_INVALID",
  ListenFailed: "DIALOOM_LISTEN_FAILED",
  NotListening: "DIALOOM_NOT_LISTENING",
  AlreadyListening: "DIALOOM_ALREADY_LISTENING",
  AlreadySettled: "DIALOOM_ALREADY_SETTLED",
  NoDialog: "DIALOOM_NO_DIALOG",
  UnknownProfile: "DIALOOM_UNKNOWN_PROFILE",
  StoreUnavailable: "DIALOOM_STORE_UNAVAILABLE",
  BadArgument: "DIALOOM_BAD_ARGUMENT",
  Invariant: "DIALOOM_INVARIANT",
} as const;

/** Every code a `DialoomError` can carry. Codes are for programs, messages for people. */
export const ErrorCodes: Readonly<typeof codes> = Object.freeze(codes);
export type ErrorCode = (typeof ErrorCodes)[keyof typeof ErrorCodes];

/** The only error this project throws on purpose. `cause` is kept. */
export class DialoomError extends Error {
  override readonly name: string = "DialoomError";
  readonly code: ErrorCode;
  /** Every problem found, when more than one was looked for at once. */
  readonly problems: readonly string[];

  constructor(code: ErrorCode, message: string, options?: ErrorOptions & { readonly problems?: readonly string[] }) {
    super(message, options);
    this.code = code;
    this.problems = options?.problems ?? [message];
  }
}

/**
 * States something that only a bug of ours can break.
 * @throws DialoomError `DIALOOM_INVARIANT` when it is broken
 */
export function invariant(holds: boolean, claim: string): asserts holds {
  if (!holds) throw new DialoomError(ErrorCodes.Invariant, `broken invariant: ${claim}`);
}
