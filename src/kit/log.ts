// What rooms may say to an operator. The shell hands in pino, or anything of its shape.

/** Fields first, fixed text second, as in pino. Field names are the identifiers of the code (`callId`, `did`, `status`). */
export type LogLine = (fields: object, text: string) => void;

/** `error` wakes someone, `warn` is a peer or dependency misbehaving, `info` a life-cycle fact, `debug` one call's story. */
export interface Log {
  readonly error: LogLine;
  readonly warn: LogLine;
  readonly info: LogLine;
  readonly debug: LogLine;
}

const nothing: LogLine = () => {};

/** Says nothing. */
export const silentLog: Log = Object.freeze({ error: nothing, warn: nothing, info: nothing, debug: nothing });
