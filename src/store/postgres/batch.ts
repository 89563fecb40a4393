// Statements of one transaction in one round trip: all of them, then one Sync. Between two of these PostgreSQL runs everything as one
// transaction, and after an error it skips to the Sync and undoes all (chapter 55.2.3 and 55.2.4 of its manual, pipelining).
import type { Statement } from "../ports.ts";
import type { StatementNames } from "./names.ts";
import { toWire } from "./values.ts";
import type { Asked, Wire } from "./wire.ts";

/** One transaction under way. */
export class Batch implements Asked {
  readonly #statements: readonly Statement[];
  readonly #names: StatementNames;
  readonly #onAnswer: () => void;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #done = 0;
  /** Settles when the server has answered; rejects with what the driver says. */
  readonly finished: Promise<void>;

  /** @param onAnswer - told of each sign of life */
  constructor(statements: readonly Statement[], names: StatementNames, onAnswer: () => void) {
    this.#statements = statements;
    this.#names = names;
    this.#onAnswer = onAnswer;
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** How many statements have been run: the number of the one that failed. */
  get done(): number {
    return this.#done;
  }

  write(wire: Wire): void {
    this.#names.begin(wire);
    for (const { text, values } of this.#statements) {
      const statement = this.#names.prepare(wire, text);
      const wireValues = new Array(values.length);
      for (let i = 0; i < values.length; i++) wireValues[i] = toWire(values[i]);
      wire.bind({ portal: "", statement, values: wireValues });
      wire.execute({ portal: "", rows: 0 });
    }
    wire.sync();
  }

  handleCommandComplete(): void {
    this.#done++;
    this.#onAnswer();
  }
  handleEmptyQuery(): void {
    this.handleCommandComplete();
  }
  handleError(error: unknown): void {
    this.#reject(error);
  }
  handleReadyForQuery(): void {
    this.#names.succeeded();
    this.#resolve();
  }
  // rows of a statement that was not asked for them
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}
}
