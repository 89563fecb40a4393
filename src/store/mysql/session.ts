// One connection to MySQL or MariaDB through the driver `mysql2`: transactions in two round trips, rows in chunks.
import type { ConnectionOptions } from "node:tls";
import type { Connection, SslOptions } from "mysql2";
import { loadMysql } from "../drivers.ts";
import { type SqlRow, type Statement, StoreError } from "../ports.ts";
import type { ServerAddress } from "../servers/address.ts";
import { Deadline } from "../servers/deadline.ts";
import { waitUntilGone } from "../servers/fence.ts";
import type { ServerLimits, Session } from "../servers/session.ts";
import { mysqlFault } from "./faults.ts";
import { checkDriver, type DriverConnection } from "./pipeline.ts";
import { RowStream } from "./rows.ts";
import { type CreateQuery, DriverStatements, PREPARED_LIMIT, type Refusal } from "./statements.ts";

const COMMIT: Statement = { text: "COMMIT", values: [] };

/** What a connection is for: one that writes begins a transaction with its first statement. */
export type SessionUse = "write" | "read";

function sessionSettings(use: SessionUse, { answerMs }: ServerLimits): string {
  const lockSeconds = Math.max(1, Math.trunc(answerMs / 2000));
  return [
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
    `SESSION autocommit = ${use === "write" ? 0 : 1}`,
    `SESSION innodb_lock_wait_timeout = ${lockSeconds}`,
    `SESSION lock_wait_timeout = ${lockSeconds}`,
  ].join(", ");
}

/** A connection that is logged in. */
export class MysqlSession implements Session {
  readonly #connection: Connection;
  readonly #statements: DriverStatements;
  readonly #name: string;
  readonly #limits: ServerLimits;
  #identity = "";
  #rows: RowStream | undefined = undefined;
  #isUsable = true;

  private constructor(connection: Connection, createQuery: CreateQuery, address: ServerAddress, limits: ServerLimits) {
    this.#connection = connection;
    this.#name = address.name;
    this.#limits = limits;
    this.#statements = new DriverStatements(connection, createQuery, address.isPipelined ? Number.POSITIVE_INFINITY : 1);
    const broke = (error?: unknown): void => {
      this.#isUsable = false;
      this.#rows?.broke(error ?? new StoreError("away", `${this.#name}: the connection was closed`));
    };
    connection.on("error", broke);
    connection.on("end", () => broke());
  }

  /** @throws StoreError `away` with the server's reason, whatever it is: what cannot be reached now may be later */
  static async open(address: ServerAddress, limits: ServerLimits, use: SessionUse): Promise<MysqlSession> {
    const mysql = await loadMysql();
    const { name, socket, host, port, user, password, database, tls } = address;
    const connection = mysql.createConnection({
      ...(socket === undefined ? { host, port } : { socketPath: socket }),
      user,
      password,
      database,
      charset: "utf8mb4",
      connectTimeout: limits.connectMs,
      enableKeepAlive: true,
      keepAliveInitialDelay: 10_000,
      supportBigNumbers: true,
      bigNumberStrings: true,
      dateStrings: true,
      maxPreparedStatements: PREPARED_LIMIT * 4,
      ...(tls === undefined ? {} : { ssl: sslOf(tls) }),
    });
    const session = new MysqlSession(connection, (mysql as unknown as { readonly createQuery: CreateQuery }).createQuery, address, limits);
    const deadline = new Deadline(limits.connectMs);
    const drop = (): void => session.destroy();
    try {
      await deadline.of(`${name}: connecting`, connected(connection), drop);
      if (!checkDriver(connection))
        throw new StoreError("refused", "the installed version of the npm package mysql2 is not the one that is needed");
      await deadline.of(`${name}: logging in`, session.#logIn(use), drop);
      return session;
    } catch (error) {
      drop();
      if (error instanceof StoreError) throw error;
      const fault = mysqlFault(name, error, -1);
      throw new StoreError("away", fault.message, -1, { cause: error });
    }
  }

  get identity(): string {
    return this.#identity;
  }
  get isUsable(): boolean {
    return this.#isUsable;
  }

  async transact(statements: readonly Statement[]): Promise<void> {
    const deadline = new Deadline(this.#limits.answerMs);
    const what = `${this.#name}: a transaction`;
    try {
      const refusal = await deadline.of(what, this.#run(statements, deadline), () => this.destroy());
      if (refusal === undefined) return;
      const error = this.#failed(refusal.error, refusal.at);
      if (error.fault !== "away") await deadline.of(what, this.#query("ROLLBACK"), () => this.destroy());
      throw error;
    } catch (error) {
      throw this.#failed(error, -1);
    }
  }

  async *select(statement: Statement, chunkRows: number): AsyncGenerator<readonly SqlRow[]> {
    const rows = new RowStream(this.#connection, statement, chunkRows);
    this.#rows = rows;
    const next = (): Promise<readonly SqlRow[] | undefined> =>
      new Deadline(this.#limits.answerMs).of(`${this.#name}: rows`, rows.next(), () => this.destroy());
    try {
      for (let some = await next(); some !== undefined; some = await next()) yield some;
    } catch (error) {
      throw this.#failed(error, 0);
    } finally {
      this.#rows = undefined;
      // the protocol knows no way to stop a result: somebody who has seen enough ends the connection
      if (!rows.isEnded) this.destroy();
    }
  }

  async fence(lost: readonly string[]): Promise<void> {
    for (const identity of lost) {
      await waitUntilGone(this.#limits.answerMs, async () => {
        const processes = await this.#processes();
        if (!processes.includes(identity)) return true;
        await this.#query(`KILL ${Number(identity.split(" ")[0])}`).catch(() => undefined); // it may be gone by now
        return false;
      });
    }
  }

  async close(): Promise<void> {
    if (!this.#isUsable) return this.destroy();
    this.#isUsable = false;
    const ended = new Promise<void>((resolve) => this.#connection.end(() => resolve()));
    await new Deadline(this.#limits.connectMs).of("closing", ended, () => this.destroy()).catch(() => undefined);
    this.destroy();
  }

  destroy(): void {
    this.#isUsable = false;
    (this.#connection as unknown as DriverConnection).stream.destroy();
  }

  /** Everything up to the commit. @returns what the server refused; nothing has been undone then */
  async #run(statements: readonly Statement[], deadline: Deadline): Promise<Refusal | undefined> {
    const known = this.#statements;
    const heard = (): void => deadline.heard();
    known.limit();
    let from = 0;
    for (const [at, statement] of statements.entries()) {
      const bytes = known.tooLong(statement);
      if (bytes !== undefined) {
        const text = `${this.#name}: a row of ${bytes} bytes is longer than the server's max_allowed_packet (${known.maxPacket})`;
        return { at, error: new StoreError("refused", text, at) };
      }
      if (known.isReady(statement)) continue;
      // a text is known by the second time; until then what stands before it is run first: it may be about a table made there
      const failed = await known.run(statements.slice(from, at), heard);
      if (failed !== undefined) return { at: from + failed.at, error: failed.error };
      from = at;
      try {
        await known.prepare(statement.text);
      } catch (error) {
        return { at, error };
      }
      heard();
    }
    // alone it may bring its commit along: when it fails, there is nothing to commit
    const isAlone = statements.length === 1;
    const failed = await known.run(isAlone ? [...statements, COMMIT] : statements.slice(from), heard);
    if (failed !== undefined) return { at: from + (isAlone ? 0 : failed.at), error: failed.error };
    if (!isAlone) await this.#query(statements.length === 0 ? "DO 0" : COMMIT.text);
    return undefined;
  }

  #query(text: string): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      this.#connection.query({ sql: text, rowsAsArray: true }, (error: unknown, rows: unknown) => {
        if (error !== null && error !== undefined) reject(error);
        else resolve(Array.isArray(rows) ? rows : []);
      });
    });
  }

  async #logIn(use: SessionUse): Promise<void> {
    await this.#query(sessionSettings(use, this.#limits));
    const [row] = await this.#query("SELECT CONNECTION_ID(), @@max_allowed_packet");
    const [id, maxPacket] = Array.isArray(row) ? row.map(Number) : [];
    if (maxPacket !== undefined) this.#statements.maxPacket = maxPacket;
    if (use === "read") return;
    // numbers begin anew when a server is started again: the address beside it tells ours from another's
    const processes = await this.#processes();
    this.#identity = processes.find((one) => one.startsWith(`${id} `)) ?? `${id} unknown`;
  }

  /** Every connection of ours as "number address". */
  async #processes(): Promise<readonly string[]> {
    const rows = await this.#query("SHOW PROCESSLIST");
    return rows.map((row) => (Array.isArray(row) ? `${row[0]} ${row[2]}` : ""));
  }

  #failed(error: unknown, at: number): StoreError {
    const fault = mysqlFault(this.#name, error, at);
    if (fault.fault === "away") this.destroy();
    // what the server does not know any more is prepared again
    else if (fault.fault === "busy" && this.#isUsable) this.#statements.forgetAll();
    return fault;
  }
}

function connected(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => connection.connect((error) => (error === null ? resolve() : reject(error))));
}

/** What the driver calls TLS. */
function sslOf({ ca, rejectUnauthorized = true, host }: ConnectionOptions): SslOptions {
  return { ...(typeof ca === "string" ? { ca } : {}), rejectUnauthorized, verifyIdentity: host !== undefined };
}
