// Rows that change all the time, as those of some hundred calls a second do, a writer that brings them to a real server, and a stretch of
// network in between. What is true is kept in memory; in the end the table has to say the same.
import assert from "node:assert/strict";
import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import { type Log, type LogLine, Timers } from "../../src/kit/index.ts";
import { SystemAlarm, SystemClock } from "../../src/server/shell.ts";
import {
  type Database,
  openDatabase,
  RemoteWriter,
  type RemoteWriterSettings,
  type ServerLimits,
  type Statement,
} from "../../src/store/index.ts";
import { type DatabaseServer, Relay } from "../../src/testing/databases/index.ts";
import { SeededRandom } from "../../src/testing/random.ts";

/** Short enough for tests, long enough for a machine with other work. */
const LIMITS: ServerLimits = { connectMs: 1500, answerMs: 1500 };
const EVERY_MS = 5;
/** 1,200 changes a second: 300 calls with four each. */
const CHANGES = 6;
const ROWS = 2000;
const LINE = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n";

export interface FieldOptions {
  readonly limits?: ServerLimits;
  readonly settings?: Partial<RemoteWriterSettings>;
  /** What stands behind `CREATE TABLE calls (…)`. */
  readonly tableSuffix?: string;
  /** Of the text in each row. */
  readonly bodyBytes?: number;
}

/** One server under load. */
export class Field {
  readonly server: DatabaseServer;
  readonly relay: Relay;
  readonly database: Database;
  readonly writer: RemoteWriter;
  /** Log lines as "level: text {fields}". */
  said: string[] = [];
  /** Most rows that waited at once, and the longest turn of the loop in ms of its own work. */
  mostPending = 0;
  longestTurnMs = 0;
  readonly #truth = new Map<number, number>();
  readonly #random = new SeededRandom(1);
  readonly #body: string;
  readonly #alarm: SystemAlarm;
  /** Past the relay. */
  readonly directUrl: string;
  #words = 0;
  #isWorking = false;
  #work: Promise<void> = Promise.resolve();

  private constructor(server: DatabaseServer, relay: Relay, database: Database, url: string, log: Log, options: FieldOptions) {
    this.server = server;
    this.relay = relay;
    this.database = database;
    this.directUrl = url;
    this.#body = LINE.repeat(Math.ceil((options.bodyBytes ?? 300) / LINE.length));
    const clock = new SystemClock();
    this.#alarm = new SystemAlarm(clock);
    const timers = new Timers(clock, this.#alarm, (error) => assert.ifError(error));
    this.#alarm.wakes(() => timers.run());
    const settings = { backoffMs: 50, backoffMaxMs: 500, ...options.settings };
    this.writer = new RemoteWriter({ database, clock, timers, random: this.#random.fork(), log, settings });
  }

  static async open(server: DatabaseServer, options: FieldOptions = {}): Promise<Field> {
    const relay = await Relay.start(server.port);
    const name = await server.createDatabase();
    const said: string[] = [];
    const line =
      (level: string): LogLine =>
      (fields, text) =>
        void said.push(`${level}: ${text} ${JSON.stringify(fields)}`);
    const log: Log = { error: line("error"), warn: line("warn"), info: line("info"), debug: line("debug") };
    const database = await openDatabase(server.url(name, relay.port), { log, limits: options.limits ?? LIMITS });
    const suffix = options.tableSuffix ?? (database.dialect === "mysql" ? "ENGINE=InnoDB" : "");
    const columns = "id BIGINT PRIMARY KEY, word BIGINT, backwards INTEGER NOT NULL DEFAULT 0, body TEXT";
    await database.transact([{ text: `CREATE TABLE calls (${columns}) ${suffix}`, values: [] }]);
    const field = new Field(server, relay, database, server.url(name), log, options);
    field.said = said;
    return field;
  }

  /** Changes rows from now on. */
  work(): void {
    this.#isWorking = true;
    this.#work = this.#run();
  }

  /** Waits for something to come true while rows change. */
  async until(what: string, holds: () => boolean, limitMs = 30_000): Promise<void> {
    const deadline = performance.now() + limitMs;
    while (!holds()) {
      assert.ok(performance.now() < deadline, `never came true: ${what}; ${JSON.stringify(this.writer.state)} ${this.said.join("\n")}`);
      await pause(EVERY_MS);
    }
  }

  /** Lets so many further changes happen. */
  async changes(count: number): Promise<void> {
    const until = this.#words + count;
    await this.until(`${count} changes`, () => this.#words >= until);
  }

  /** No more changes; waits until all are written, and compares. */
  async settle(): Promise<void> {
    this.#isWorking = false;
    await this.#work;
    const isAllWritten = await this.writer.drain(60_000);
    assert.ok(isAllWritten, `${JSON.stringify(this.writer.state)} ${this.said.join("\n")}`);
    const { pending, dropped } = this.writer.state;
    assert.deepEqual({ pending, dropped }, { pending: 0, dropped: 0 });
    await this.compare();
  }

  /** The table equals memory, and no row was ever set back. Looks past the relay. */
  async compare(): Promise<void> {
    const direct = await openDatabase(this.directUrl, { log: { error() {}, warn() {}, info() {}, debug() {} } });
    try {
      const stored = new Map<number, number>();
      let backwards = 0;
      for await (const rows of direct.select({ text: "SELECT id, word, backwards FROM calls", values: [] }, 500)) {
        for (const [id, word, back] of rows) {
          stored.set(Number(id), Number(word));
          backwards += Number(back);
        }
      }
      const wrong = [...this.#truth].filter(([id, word]) => stored.get(id) !== word);
      const extra = [...stored.keys()].filter((id) => !this.#truth.has(id));
      assert.deepEqual({ wrong: wrong.slice(0, 5), extra: extra.slice(0, 5), backwards }, { wrong: [], extra: [], backwards: 0 });
      assert.ok(stored.size > 0);
    } finally {
      await direct.close();
    }
  }

  async close(): Promise<void> {
    this.#isWorking = false;
    await this.#work;
    await this.writer.close();
    await this.database.close();
    await this.relay.close();
    this.#alarm.close();
  }

  async #run(): Promise<void> {
    const watch = this.#watch();
    while (this.#isWorking) {
      for (let i = 0; i < CHANGES; i++) this.#change();
      this.mostPending = Math.max(this.mostPending, this.writer.state.pending);
      await pause(EVERY_MS);
    }
    await watch;
  }

  async #watch(): Promise<void> {
    let before = process.threadCpuUsage();
    while (this.#isWorking) {
      await nextTurn();
      const { user, system } = process.threadCpuUsage(before);
      before = process.threadCpuUsage();
      this.longestTurnMs = Math.max(this.longestTurnMs, (user + system) / 1000);
      await pause(1);
    }
  }

  #change(): void {
    const id = this.#random.below(ROWS);
    this.#words++;
    if (this.#random.chance(0.2)) this.#truth.delete(id);
    else this.#truth.set(id, this.#words);
    this.writer.write({ realm: "calls", row: BigInt(id), statements: () => [this.#statement(id)] });
  }

  /** What makes the row say what is true now. */
  #statement(id: number): Statement {
    const word = this.#truth.get(id);
    const isMysql = this.database.dialect === "mysql";
    if (word === undefined) return { text: `DELETE FROM calls WHERE id = ${isMysql ? "?" : "$1"}`, values: [BigInt(id)] };
    const text = isMysql
      ? "INSERT INTO calls (id, word, body) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE backwards = backwards + (VALUES(word) < word), word = VALUES(word)"
      : "INSERT INTO calls (id, word, body) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET backwards = calls.backwards + (excluded.word < calls.word)::int, word = excluded.word";
    return { text, values: [BigInt(id), BigInt(word), this.#body] };
  }
}
