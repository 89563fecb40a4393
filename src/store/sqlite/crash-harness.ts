// A process for the tests of this folder that writes to a file until it is killed: in each turn two rows get the turn's number, and
// then that number leaves on standard output. Arguments: the file, where the process kills itself (`written`, `leaving`, or `never`)
// and in which turn, `off` or `full`.
import { writeSync } from "node:fs";
import { type Alarm, type Clock, Outbox, silentLog, Timers } from "../../kit/index.ts";
import { createLocalWriter } from "../local/index.ts";
import { openSqlite } from "./database.ts";

const [path = "", place = "never", turn = "0", synchronous = "off"] = process.argv.slice(2);
const lastTurn = Number(turn);
const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
const alarm: Alarm = { set: (at) => void (at < Number.POSITIVE_INFINITY && setTimeout(() => timers.run(), at - performance.now())) };
const fail = (error: unknown): void => {
  writeSync(2, `${String(error)}\n`);
  process.exit(1);
};
const timers = new Timers(clock, alarm, fail);
const outbox = new Outbox(setImmediate, fail);
const database = await openSqlite(path, {
  log: silentLog,
  synchronous: synchronous === "full" ? "full" : "off",
  checkpointMs: 3,
  restartBytes: 300_000,
});
const writer = createLocalWriter({ database, outbox, clock, timers, log: silentLog });
await database.transact([{ text: "CREATE TABLE IF NOT EXISTS t (id BIGINT PRIMARY KEY NOT NULL, turn INTEGER, filler BLOB)", values: [] }]);

const PUT = "INSERT INTO t (id, turn, filler) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET turn=excluded.turn, filler=excluded.filler";
const filler = new Uint8Array(2500);

function dieIn(where: string, now: number): void {
  // a turn that was held by a lock may have been overtaken by later word on its rows
  if (place === where && now >= lastTurn) process.kill(process.pid, "SIGKILL");
}

/** Standard output is a pipe that may be full for a moment. */
function say(text: string): void {
  for (;;) {
    try {
      writeSync(1, text);
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    }
  }
}

function run(now: number): void {
  for (const row of [1n, BigInt(2 + (now % 50))]) {
    writer.write({ realm: "t", row, statements: () => [{ text: PUT, values: [row, now, filler] }], written: () => dieIn("written", now) });
  }
  outbox.push({
    leave: () => {
      dieIn("leaving", now);
      say(`${now}\n`);
    },
  });
  setImmediate(run, now + 1);
}

run(1);
