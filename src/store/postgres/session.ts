// One connection to PostgreSQL through its driver `pg`: transactions in one round trip, rows in chunks.
import type { Client } from "pg";
import { loadPostgres } from "../drivers.ts";
import type { SqlRow, Statement } from "../ports.ts";
import { StoreError } from "../ports.ts";
import type { ServerAddress } from "../servers/address.ts";
import { Deadline } from "../servers/deadline.ts";
import { waitUntilGone } from "../servers/fence.ts";
import type { ServerLimits, Session } from "../servers/session.ts";
import { Batch } from "./batch.ts";
import { Cursor } from "./cursor.ts";
import { isServerError, postgresFault } from "./faults.ts";
import { StatementNames } from "./names.ts";
import { type Asked, submittable } from "./wire.ts";

/** Dates and bytes in the form that we read, whatever the server's settings are; and the server gives up before we do. */
function sessionSettings({ answerMs }: ServerLimits): string {
  const lockMs = Math.max(1, Math.trunc(answerMs / 2));
  const statementMs = Math.max(1, Math.trunc(answerMs * 0.9));
  return [
    "set datestyle to 'ISO, YMD'",
    "set bytea_output to 'hex'",
    "set client_min_messages to warning",
    `set lock_timeout to ${lockMs}`,
    `set statement_timeout to ${statementMs}`,
    "select pg_backend_pid() || ' ' || backend_start from pg_stat_activity where pid = pg_backend_pid()",
  ].join("; ");
}

/** A connection that is logged in. */
export class PostgresSession implements Session {
  readonly identity: string;
  readonly #client: Client;
  readonly #name: string;
  readonly #limits: ServerLimits;
  readonly #names = new StatementNames();
  #isUsable = true;

  private constructor(client: Client, name: string, limits: ServerLimits, identity: string) {
    this.#client = client;
    this.#name = name;
    this.#limits = limits;
    this.identity = identity;
    const broke = (): void => {
      this.#isUsable = false;
    };
    client.on("error", broke);
    client.on("end", broke);
  }

  /** @throws StoreError `away` with the server's reason, whatever it is: what cannot be reached now may be later */
  static async open(address: ServerAddress, limits: ServerLimits): Promise<PostgresSession> {
    const { Client } = await loadPostgres();
    const { name, socket, host, port, user, password, database, tls } = address;
    const client = new Client({
      host: socket ?? host,
      port,
      user,
      password,
      database,
      ssl: tls ?? false,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      application_name: "dialoom",
    });
    // before it is connected an error is told to whoever waits as well
    client.on("error", () => {});
    const deadline = new Deadline(limits.connectMs);
    const drop = (): void => void client.connection.stream.destroy();
    try {
      await deadline.of(`${name}: connecting`, client.connect(), drop);
      const identity = await deadline.of(`${name}: logging in`, firstValue(client, sessionSettings(limits)), drop);
      return new PostgresSession(client, name, limits, identity);
    } catch (error) {
      drop();
      throw error instanceof StoreError ? error : new StoreError("away", `${name}: ${messageOf(error)}`, -1, { cause: error });
    }
  }

  get isUsable(): boolean {
    return this.#isUsable;
  }

  async transact(statements: readonly Statement[]): Promise<void> {
    const deadline = new Deadline(this.#limits.answerMs);
    const batch = new Batch(statements, this.#names, () => deadline.heard());
    this.#submit(batch);
    try {
      await deadline.of(`${this.#name}: a transaction`, batch.finished, () => this.destroy());
    } catch (error) {
      throw this.#failed(error, batch.done < statements.length ? batch.done : -1);
    }
  }

  async *select(statement: Statement, chunkRows: number): AsyncGenerator<readonly SqlRow[]> {
    const cursor = new Cursor(statement, this.#names, chunkRows);
    this.#submit(cursor);
    const next = (): Promise<readonly SqlRow[] | undefined> =>
      new Deadline(this.#limits.answerMs).of(`${this.#name}: rows`, cursor.next(), () => this.destroy());
    try {
      for (let rows = await next(); rows !== undefined; rows = await next()) yield rows;
    } catch (error) {
      throw this.#failed(error, 0);
    } finally {
      // somebody has seen enough: the connection is to be used again
      await new Deadline(this.#limits.answerMs).of(`${this.#name}: rows`, cursor.cancel(), () => this.destroy()).catch(() => undefined);
    }
  }

  async fence(lost: readonly string[]): Promise<void> {
    for (const identity of lost) {
      const [pid = "", ...start] = identity.split(" ");
      const values = [Number(pid), start.join(" ")];
      // by its start too: ids of processes are used again
      const text = "select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and backend_start::text = $2";
      await waitUntilGone(this.#limits.answerMs, async () => {
        for await (const rows of this.select({ text, values }, 1)) if (rows.length > 0) return false;
        return true;
      });
    }
  }

  async close(): Promise<void> {
    if (!this.#isUsable) return this.destroy();
    this.#isUsable = false;
    await new Deadline(this.#limits.connectMs).of("closing", this.#client.end(), () => this.destroy()).catch(() => undefined);
  }

  destroy(): void {
    this.#isUsable = false;
    this.#client.connection.stream.destroy();
  }

  #submit(asked: Asked): void {
    this.#client.query(submittable(asked));
  }

  #failed(error: unknown, at: number): StoreError {
    const fault = postgresFault(this.#name, error, at);
    if (fault.fault === "away") this.destroy();
    // what the server does not know any more is prepared again
    else if (fault.fault === "busy") this.#names.forgetAll();
    return fault;
  }
}

/** The first value of the last result of some statements. */
async function firstValue(client: Client, text: string): Promise<string> {
  const done: unknown = await client.query({ text, rowMode: "array" });
  const last: unknown = Array.isArray(done) ? done.at(-1) : done;
  const rows = typeof last === "object" && last !== null && "rows" in last && Array.isArray(last.rows) ? last.rows : [];
  const first: unknown = rows[0];
  return Array.isArray(first) ? String(first[0]) : "0";
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || String(error) : String(error);
  // several addresses were tried: the first says why
  if (error instanceof AggregateError && error.message === "") return String(error.errors[0]);
  return isServerError(error) ? `${text} (${error.code})` : text;
}
