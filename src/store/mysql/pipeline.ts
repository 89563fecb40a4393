// Statements sent back to back, their answers heard afterwards: a transaction of some hundred rows takes two round trips instead of some
// hundred. The server runs them one after the other as they lie in its buffer. The driver does one command at a time; this stands in its
// queue as one command and holds many. It rests on the driver's inner shape, which `checkDriver` looks at when a connection is made.
import type { Connection } from "mysql2";

/** A command of the driver: sends when it is started, then takes packets until it is done. */
export interface DriverCommand {
  next: unknown;
  onResult: ((error: unknown) => void) | undefined;
  start(packet: undefined, connection: DriverConnection): unknown;
  /** @returns whether it is done */
  execute(packet: unknown, connection: DriverConnection): boolean;
}

/** The driver's connection, as far as commands see it. */
export interface DriverConnection {
  /** The number that the next packet carries. */
  sequenceId: number;
  readonly stream: { cork(): void; uncork(): void; destroy(): void };
  addCommand(command: unknown): void;
  _resetSequenceId(): void;
}

/** Something the server knows under a number of its own. */
export interface Prepared {
  execute(values: readonly unknown[], done: (error: unknown) => void): unknown;
}

/** Whether the driver has what is used here. */
export function checkDriver(connection: Connection): boolean {
  const inner = connection as unknown as Partial<DriverConnection>;
  return typeof inner.addCommand === "function" && typeof inner._resetSequenceId === "function" && typeof inner.sequenceId === "number";
}

/** The driver's command that runs a prepared statement, kept out of its queue. */
export function executeCommand(prepared: Prepared, values: readonly unknown[]): DriverCommand {
  let made: DriverCommand | undefined;
  const catcher: object = Object.create(prepared, {
    _connection: {
      value: {
        addCommand(command: DriverCommand): DriverCommand {
          made = command;
          return command;
        },
      },
    },
  });
  Reflect.apply(prepared.execute, catcher, [values, () => {}]);
  if (made === undefined) throw new TypeError("the driver of MySQL has changed its shape: this release of Dialoom needs another one");
  return made;
}

/** Many commands that stand in the driver's queue as one. */
export class Pipeline {
  readonly #commands: readonly DriverCommand[];
  readonly #atOnce: number;
  readonly #onAnswer: () => void;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  #sent = 0;
  #done = 0;
  #firstError: { readonly at: number; readonly error: unknown } | undefined = undefined;

  /**
   * @param atOnce - how many may be under way: 1 waits for each answer
   * @param onAnswer - told of each sign of life
   * @param resolve - all have been answered
   * @param reject - the connection broke
   */
  constructor(
    commands: readonly DriverCommand[],
    atOnce: number,
    onAnswer: () => void,
    resolve: () => void,
    reject: (error: unknown) => void,
  ) {
    this.#commands = commands;
    this.#atOnce = atOnce;
    this.#onAnswer = onAnswer;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** The first that the server refused. Those behind it have been run all the same. */
  get firstError(): { readonly at: number; readonly error: unknown } | undefined {
    return this.#firstError;
  }

  /** The connection broke (the driver's own way to say it). */
  readonly onResult = (error: unknown): void => this.#reject(error);

  /** Called by the driver: first without a packet, then with each that comes. @returns whether all is done */
  execute(packet: unknown, connection: DriverConnection): boolean {
    if (packet !== undefined && packet !== null) {
      const command = this.#commands[this.#done];
      if (command?.execute(packet, connection) === false) return false;
      this.#done++;
      this.#onAnswer();
    }
    this.#send(connection);
    if (this.#done < this.#commands.length) {
      // an answer is numbered on from its command, which was 0
      connection.sequenceId = 1;
      return false;
    }
    this.#resolve();
    return true;
  }

  #send(connection: DriverConnection): void {
    if (this.#sent === this.#commands.length || this.#sent >= this.#done + this.#atOnce) return;
    connection.stream.cork();
    try {
      while (this.#sent < this.#commands.length && this.#sent < this.#done + this.#atOnce) {
        const at = this.#sent++;
        const command = this.#commands[at];
        if (command === undefined) break;
        command.onResult = (error) => {
          if (error !== null && error !== undefined && this.#firstError === undefined) this.#firstError = { at, error };
        };
        connection._resetSequenceId();
        command.next = command.start(undefined, connection);
      }
    } finally {
      connection.stream.uncork();
    }
  }
}
