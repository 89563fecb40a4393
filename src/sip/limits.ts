// Size limits of a message (proxy-core 1.7). Every limit has a malformed class that says what happens beyond it.

/** The limits; all sizes in bytes. */
export interface LimitValues {
  readonly message: number;
  readonly startLine: number;
  /** One header field with its folds. */
  readonly headerField: number;
  readonly headerFields: number;
  readonly viaValues: number;
  /** Values of Route, and the same number of Record-Route. */
  readonly routeValues: number;
  readonly callId: number;
  readonly tag: number;
}

/** A complete set of limits: build it once from the configuration and hand it to every parse. */
export class Limits implements LimitValues {
  readonly message: number;
  readonly startLine: number;
  readonly headerField: number;
  readonly headerFields: number;
  readonly viaValues: number;
  readonly routeValues: number;
  readonly callId: number;
  readonly tag: number;

  constructor(values: Partial<LimitValues> = {}) {
    // Offsets are packed into 20 bits beside the header number, so no message may be longer than that.
    this.message = Math.min(values.message ?? 65_535, 0xfffff);
    this.startLine = values.startLine ?? 8192;
    this.headerField = values.headerField ?? 16_384;
    this.headerFields = values.headerFields ?? 256;
    this.viaValues = values.viaValues ?? 100;
    this.routeValues = values.routeValues ?? 64;
    this.callId = values.callId ?? 512;
    this.tag = values.tag ?? 256;
  }
}

/** The limits of a configuration that says nothing about them. */
export const DEFAULT_LIMITS: Limits = new Limits();
