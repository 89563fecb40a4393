// Statements on one connection: those that the server knows by now, and how many of them are sent at once.
import type { Connection } from "mysql2";
import type { Statement } from "../ports.ts";
import { type DriverCommand, type DriverConnection, executeCommand, Pipeline, type Prepared } from "./pipeline.ts";
import { mostBytes, toParameter, wireBytes } from "./values.ts";

/** Makes a command of the driver that sends text (its types do not know it). */
export type CreateQuery = (options: { readonly sql: string }, values: readonly [], done: () => void, config: unknown) => DriverCommand;

/** A statement that failed. */
export interface Refusal {
  readonly at: number;
  readonly error: unknown;
}

/** More texts than this are not a fixed set: all are closed and begin anew. */
export const PREPARED_LIMIT = 300;
/** What the packet of a statement holds besides its values. */
const PACKET_ROOM = 1024;

/** The statements of one connection. */
export class DriverStatements {
  readonly #connection: Connection;
  readonly #createQuery: CreateQuery;
  readonly #atOnce: number;
  readonly #prepared = new Map<string, Prepared>();
  /** Longest packet that the server takes; one that is longer has it close the connection, and so would the next. */
  maxPacket: number = Number.POSITIVE_INFINITY;

  /** @param atOnce - how many are sent without waiting for answers */
  constructor(connection: Connection, createQuery: CreateQuery, atOnce: number) {
    this.#connection = connection;
    this.#createQuery = createQuery;
    this.#atOnce = atOnce;
  }

  /** Whether it can be run now. Those without values go as text: not everything can be prepared. */
  isReady({ text, values }: Statement): boolean {
    return values.length === 0 || this.#prepared.has(text);
  }

  /**
   * Makes the server know a text.
   * @throws what the driver says
   */
  async prepare(text: string): Promise<void> {
    const prepared = await new Promise<Prepared>((resolve, reject) => {
      this.#connection.prepare(text, (error, statement) => (error === null ? resolve(statement as unknown as Prepared) : reject(error)));
    });
    this.#prepared.set(text, prepared);
  }

  /**
   * Runs statements that are ready, all of them whatever becomes of one.
   * @param onAnswer - told of each sign of life
   * @returns the first that the server refused
   */
  run(statements: readonly Statement[], onAnswer: () => void): Promise<Refusal | undefined> {
    if (statements.length === 0) return Promise.resolve(undefined);
    const commands = statements.map((statement) => this.#command(statement));
    return new Promise((resolve, reject) => {
      const pipeline: Pipeline = new Pipeline(commands, this.#atOnce, onAnswer, () => resolve(pipeline.firstError), reject);
      (this.#connection as unknown as DriverConnection).addCommand(pipeline);
    });
  }

  /** @returns how many bytes a statement has when that is more than the server takes */
  tooLong({ values }: Statement): number | undefined {
    let most = PACKET_ROOM;
    for (const value of values) most += mostBytes(value);
    if (most <= this.maxPacket) return undefined;
    let bytes = PACKET_ROOM;
    for (const value of values) bytes += wireBytes(value);
    return bytes > this.maxPacket ? bytes : undefined;
  }

  /** Before a transaction: too many texts begin anew. */
  limit(): void {
    if (this.#prepared.size > PREPARED_LIMIT) this.forgetAll();
  }

  /** The server may have lost or changed any of them. */
  forgetAll(): void {
    for (const text of this.#prepared.keys()) this.#connection.unprepare(text);
    this.#prepared.clear();
  }

  /** Not to be handed through a promise: the driver's commands have a `then` that throws. */
  #command({ text, values }: Statement): DriverCommand {
    const prepared = this.#prepared.get(text);
    return prepared === undefined || values.length === 0
      ? this.#createQuery({ sql: text }, [], () => {}, this.#connection.config)
      : executeCommand(prepared, values.map(toParameter));
  }
}
