// How the process ends: the first signal closes the proxy gracefully, a second one ends it at once.
import type { Ms } from "../kit/index.ts";

/** Ctrl-C below npm arrives twice, from the terminal and from npm, within a few milliseconds. */
const SAME_KEYSTROKE_MS = 250;
/** A graceful end takes no longer, whatever is left, unless rows remain to be written. */
const LONGEST_MS = 4800;
/** Then it takes as long as they need, which those who write them bound. */
const LOOK_MS = 100;

export interface ShutdownDeps {
  readonly close: () => Promise<void>;
  /** Whether rows remain to be written to a database. */
  readonly isSaving: () => boolean;
  readonly exit: (status: number) => void;
  readonly say: (text: string) => void;
  readonly monotonic: () => Ms;
  readonly after: (ms: Ms, run: () => void) => void;
}

/** The end of one process. */
export class Shutdown {
  readonly #deps: ShutdownDeps;
  #beganAt: Ms | undefined = undefined;
  #cause = "";
  #hasExited = false;

  constructor(deps: ShutdownDeps) {
    this.#deps = deps;
  }

  /** A signal asks for the end. */
  signal(name: string): void {
    if (this.#beganAt === undefined) {
      this.begin(name, 0);
      return;
    }
    const isSameKeystroke = name === this.#cause && this.#deps.monotonic() - this.#beganAt < SAME_KEYSTROKE_MS;
    if (isSameKeystroke) return;
    this.#deps.say(`second ${name}: ending at once`);
    this.#exit(1);
  }

  /**
   * Ends gracefully.
   * @param status - what the process ends with when all goes well
   */
  begin(cause: string, status: number): void {
    if (this.#beganAt !== undefined) return;
    this.#beganAt = this.#deps.monotonic();
    this.#cause = cause;
    this.#deps.say(`${cause}: ending gracefully`);
    this.#deps.after(LONGEST_MS, () => {
      if (!this.#hasExited && this.#deps.isSaving())
        this.#deps.say("rows remain to be written to a database: waiting for it; another signal ends at once");
      this.#endLate(status);
    });
    this.#deps.close().then(
      () => this.#exit(status),
      (error: unknown) => {
        this.#deps.say(`closing failed: ${error instanceof Error ? error.message : String(error)}`);
        this.#exit(1);
      },
    );
  }

  #endLate(status: number): void {
    if (this.#hasExited) return;
    if (this.#deps.isSaving()) {
      this.#deps.after(LOOK_MS, () => this.#endLate(status));
      return;
    }
    this.#deps.say("not everything was finished in time");
    this.#exit(status);
  }

  #exit(status: number): void {
    if (this.#hasExited) return;
    this.#hasExited = true;
    this.#deps.exit(status);
  }
}
