// The shapes of `app.inject()`: one message in, everything that left because of it out.

/** Where an injected message claims to come from. */
export interface Injection {
  /** Default 127.0.0.1. */
  readonly ip?: string;
  /** Default 5060. */
  readonly port?: number;
  /** The socket it arrives on, as in `listen`; default the first one. */
  readonly listener?: string;
}

/** A message that left. */
export interface SentMessage {
  readonly transport: string;
  readonly ip: string;
  readonly port: number;
  /** One character per byte. */
  readonly text: string;
  /** First line: `INVITE sip:…` or `SIP/2.0 486 …`. */
  readonly startLine: string;
}

/** What became of an injected message, once its route had settled and the turn had ended. */
export interface InjectResult {
  /** Everything that left, in order. */
  readonly sent: readonly SentMessage[];
  /** The requests among it. */
  readonly requests: readonly SentMessage[];
  /** The responses among it. */
  readonly responses: readonly SentMessage[];
}
