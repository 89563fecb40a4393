import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Log } from "../../kit/index.ts";
import { silentLog } from "../../kit/index.ts";
import { TestClock } from "../../testing/index.ts";
import { Bench } from "./harness.ts";

describe("the writer of a database inside the process", () => {
  test("commits what a turn has changed in one transaction, then the turn's datagrams leave", () => {
    const bench = new Bench(new TestClock());
    bench.send("200");
    bench.write("a", "1");
    bench.write("b", "1");
    bench.send("ACK");
    assert.deepEqual(bench.events, []);
    bench.endTurn();
    assert.deepEqual(bench.takeEvents(), ["written a=1", "written b=1", "200", "ACK"]);
    assert.deepEqual(bench.database.commits, [2]);
    bench.send("BYE");
    bench.endTurn();
    assert.equal(bench.database.attempts, 1, "a turn that changes nothing costs nothing");
  });

  test("commits a change that comes without any datagram, and one that is made while something leaves", () => {
    const bench = new Bench(new TestClock());
    bench.write("a", "1");
    bench.endTurn();
    assert.equal(bench.database.rows.get("a"), "1");
    bench.outbox.push({ leave: () => bench.write("b", "2") });
    bench.endTurn();
    assert.equal(bench.database.rows.get("b"), "2");
    bench.write("c", "3", { written: () => bench.write("c", "4") });
    bench.endTurn();
    assert.equal(bench.database.rows.get("c"), "4");
    assert.deepEqual(bench.writer.state, { pending: 0, ageMs: 0, retries: 0, dropped: 0, isDegraded: false });
  });

  test("takes the later word on a row where the earlier stood, and adds each row that is only added", () => {
    const bench = new Bench(new TestClock());
    bench.write("a", "1");
    bench.write(undefined, "x");
    bench.write("b", "1");
    bench.write("a", "2");
    bench.write(undefined, "y");
    bench.write("gone", "", { statements: () => undefined });
    bench.endTurn();
    assert.deepEqual(bench.takeEvents(), ["written a=2", "written added x=x", "written b=1", "written added y=y"]);
    assert.deepEqual(bench.database.commits, [4]);
  });

  test("turns that end shortly after a commit share the next one, and what they have to send waits for it in order", () => {
    const bench = new Bench(new TestClock(), { commitEveryMs: 1 });
    const turn = (row: string | undefined, datagram: string): void => {
      if (row !== undefined) bench.write(row, "1");
      bench.send(datagram);
      bench.endTurn();
    };
    turn("a", "200 a");
    assert.deepEqual(bench.takeEvents(), ["written a=1", "200 a"]);
    bench.clock.advance(0.25);
    turn("b", "200 b");
    turn(undefined, "180");
    bench.clock.advance(0.5);
    turn("c", "200 c");
    assert.deepEqual(bench.takeEvents(), []);
    bench.clock.advance(0.25);
    turn("d", "200 d");
    assert.deepEqual(bench.takeEvents(), ["written b=1", "written c=1", "written d=1", "200 b", "180", "200 c", "200 d"]);
    assert.deepEqual(bench.database.commits, [1, 3]);
    bench.clock.advance(10);
    turn("e", "200 e");
    assert.deepEqual(bench.takeEvents(), ["written e=1", "200 e"], "later ones wait for nothing");
  });

  test("a turn that nobody follows waits for its share a millisecond, and not at all when somebody waits for the rows", async () => {
    const bench = new Bench(new TestClock(), { commitEveryMs: 1 });
    const wait = (row: string): void => {
      bench.write(row, "1");
      bench.send(`200 ${row}`);
      bench.endTurn();
    };
    wait("a");
    wait("b");
    assert.deepEqual(bench.takeEvents(), ["written a=1", "200 a"]);
    bench.clock.advance(1);
    assert.deepEqual(bench.takeEvents(), ["written b=1", "200 b"]);
    wait("c");
    assert.deepEqual(bench.events, []);
    assert.equal(await bench.writer.drain(1000), true);
    assert.deepEqual(bench.takeEvents(), ["written c=1", "200 c"]);
    wait("d");
    await bench.writer.close();
    bench.endTurn();
    assert.deepEqual(bench.takeEvents(), ["200 d"]);
    assert.equal(bench.writer.state.dropped, 1);
    assert.equal(bench.timers.count, 0);
  });

  test("a lock met by turns that share a commit holds them no longer than any other", () => {
    const bench = new Bench(new TestClock(), { commitEveryMs: 1 });
    bench.write("a", "1");
    bench.endTurn();
    bench.database.fault = "busy";
    bench.write("b", "1");
    bench.send("200");
    bench.endTurn();
    bench.clock.advance(100.5);
    assert.deepEqual(bench.takeEvents(), ["written a=1"]);
    bench.clock.advance(0.5);
    assert.deepEqual(bench.takeEvents(), ["degraded busy", "200"]);
  });

  test("waits for a lock without holding up the loop; what changes meanwhile goes into the same transaction", () => {
    const bench = new Bench(new TestClock());
    bench.database.fault = "busy";
    bench.write("a", "1");
    bench.send("200");
    bench.endTurn();
    bench.clock.advance(40);
    bench.write("b", "1");
    bench.send("180");
    bench.endTurn();
    assert.deepEqual(bench.events, []);
    assert.equal(bench.writer.state.ageMs, 40);
    assert.equal(bench.writer.state.isDegraded, false);
    bench.database.fault = undefined;
    bench.clock.advance(5);
    assert.deepEqual(bench.takeEvents(), ["written a=1", "written b=1", "200", "180"]);
    assert.deepEqual(bench.database.commits, [2]);
    bench.clock.advance(10_000);
    assert.deepEqual(bench.takeEvents(), [], "no timer of the wait is left");
  });

  test("lets the datagrams go after 100 ms of a lock, says so, and writes the rows when it can", () => {
    const bench = new Bench(new TestClock());
    bench.database.fault = "busy";
    bench.write("a", "1");
    bench.send("200");
    bench.endTurn();
    bench.clock.advance(99);
    assert.deepEqual(bench.events, []);
    bench.clock.advance(1);
    assert.deepEqual(bench.takeEvents(), ["degraded busy", "200"]);
    assert.equal(bench.writer.state.isDegraded, true);
    const { attempts } = bench.database;
    bench.write("b", "1");
    bench.send("180");
    bench.endTurn();
    assert.deepEqual(bench.takeEvents(), ["180"], "while it goes on nothing waits again");
    assert.equal(bench.database.attempts, attempts);
    bench.clock.advance(1000);
    assert.ok(bench.writer.state.retries >= 20);
    bench.database.fault = undefined;
    bench.clock.advance(50);
    assert.deepEqual(bench.takeEvents(), ["written a=1", "written b=1", "recovered"]);
    bench.database.fault = "busy";
    bench.write("c", "1");
    bench.send("BYE");
    bench.endTurn();
    bench.clock.advance(50);
    assert.deepEqual(bench.takeEvents(), [], "the next lock is waited for again");
  });

  test("lets the datagrams go at once when the disk is full, and writes the rows in portions when there is room", () => {
    const bench = new Bench(new TestClock());
    bench.database.fault = "full";
    for (let i = 0; i < 450; i++) {
      bench.write(`row ${i}`, "1");
      bench.send("200");
      bench.endTurn();
    }
    assert.equal(bench.events.filter((one) => one === "200").length, 450);
    assert.equal(bench.takeEvents()[0], "degraded full");
    assert.deepEqual([bench.database.attempts, bench.writer.state.pending], [1, 450], "one attempt, not one a turn");
    bench.clock.advance(3000);
    assert.equal(bench.database.attempts, 4);
    bench.database.fault = undefined;
    bench.clock.advance(1000);
    assert.deepEqual(bench.database.commits, [200, 200, 50]);
    assert.equal(bench.takeEvents().at(-1), "recovered");
  });

  test("gives up the row that is refused, and no other", () => {
    for (const saysWhich of [true, false]) {
      const lines: object[] = [];
      const log: Log = { ...silentLog, error: (fields) => lines.push(fields) };
      const bench = new Bench(new TestClock(), { log });
      bench.database.saysWhich = saysWhich;
      bench.database.poison.add("b").add("e");
      for (const row of ["a", "b", "c", "d", "e", "f"]) bench.write(row, "1");
      bench.write("g", "", {
        statements: () => {
          throw new RangeError("cannot be said");
        },
      });
      bench.send("200");
      bench.endTurn();
      assert.deepEqual([...bench.database.rows.keys()], ["a", "c", "d", "f"]);
      assert.deepEqual(
        bench
          .takeEvents()
          .filter((one) => !one.startsWith("written"))
          .sort(),
        ["200", "refused b", "refused e", "refused g"],
      );
      assert.equal(bench.writer.state.dropped, 3);
      assert.equal(bench.writer.state.pending, 0);
      assert.deepEqual(lines.map((one) => "row" in one && one.row).sort(), ["b", "e", "g"]);
    }
  });

  test("gives up what a full queue cannot take, says so and counts it; later word on a waiting row is taken", () => {
    const bench = new Bench(new TestClock(), { maxPending: 2 });
    bench.database.fault = "full";
    bench.write("a", "1");
    bench.write("b", "1");
    bench.write("c", "1");
    bench.write("a", "2");
    assert.deepEqual(bench.takeEvents(), ["refused c"]);
    bench.endTurn();
    bench.database.fault = undefined;
    bench.clock.advance(1000);
    assert.deepEqual(
      [...bench.database.rows],
      [
        ["a", "2"],
        ["b", "1"],
      ],
    );
    assert.equal(bench.writer.state.dropped, 1);
  });

  test("an error of those who are told is contained", () => {
    const bench = new Bench(new TestClock());
    const fail = (): never => {
      throw new RangeError("a bug");
    };
    bench.database.poison.add("b");
    bench.write("a", "1", { written: fail });
    bench.write("b", "1", { refused: fail });
    bench.write("c", "1");
    bench.send("200");
    bench.endTurn();
    assert.deepEqual(bench.takeEvents(), ["written c=1", "200"]);
    assert.deepEqual(bench.errors, []);
  });

  test("drains: at once, when the lock goes, or not in time", async () => {
    const bench = new Bench(new TestClock());
    bench.write("a", "1");
    assert.equal(await bench.writer.drain(1000), true);
    bench.database.fault = "busy";
    bench.write("b", "1");
    const late = bench.writer.drain(20);
    const later = bench.writer.drain(5000);
    bench.clock.advance(20);
    assert.equal(await late, false);
    bench.clock.advance(1000);
    bench.database.fault = undefined;
    bench.clock.advance(1000);
    assert.equal(await later, true);
    bench.database.poison.add("c");
    bench.write("c", "1");
    assert.equal(await bench.writer.drain(1000), false, "given up is not written");
  });

  test("closed, it drops what waits and lets everything leave", async () => {
    const bench = new Bench(new TestClock());
    bench.database.fault = "busy";
    bench.write("a", "1");
    bench.send("200");
    bench.endTurn();
    await bench.writer.close();
    assert.deepEqual(bench.takeEvents(), ["200"]);
    bench.write("b", "1");
    bench.endTurn();
    assert.deepEqual([bench.writer.state.dropped, bench.writer.state.pending, bench.database.rows.size], [2, 0, 0]);
    bench.clock.advance(10_000);
    assert.deepEqual(bench.takeEvents(), []);
  });
});

describe("the writer of a database whose commits wait for the disk", () => {
  test("holds a turn's datagrams until its rows are on the disk; turns that end meanwhile are committed together", async () => {
    const bench = new Bench(new TestClock(), { commitsAside: true });
    for (const n of [1, 2, 3]) {
      bench.write(`row ${n}`, "1");
      bench.send(`200 of ${n}`);
      bench.endTurn();
    }
    assert.equal(bench.database.open.length, 1);
    assert.deepEqual(bench.events, []);
    await bench.finishCommit();
    assert.deepEqual(bench.takeEvents(), ["written row 1=1", "200 of 1"]);
    assert.equal(bench.database.open.length, 1, "the next one is under way");
    bench.send("OPTIONS");
    bench.endTurn();
    assert.deepEqual(bench.takeEvents(), [], "nothing overtakes");
    await bench.finishCommit();
    assert.deepEqual(bench.takeEvents(), ["written row 2=1", "written row 3=1", "200 of 2", "200 of 3", "OPTIONS"]);
    assert.deepEqual(bench.database.commits, [1, 2]);
    bench.send("BYE");
    bench.endTurn();
    assert.deepEqual(bench.takeEvents(), ["BYE"], "a turn without changes waits for nothing");
  });

  test("later word on a row that is being written is written after it", async () => {
    const bench = new Bench(new TestClock(), { commitsAside: true });
    bench.write("a", "1");
    bench.send("180");
    bench.endTurn();
    bench.write("a", "2");
    bench.send("200");
    bench.endTurn();
    await bench.finishCommit();
    assert.deepEqual(bench.takeEvents(), ["written a=1", "180"]);
    await bench.finishCommit();
    assert.deepEqual(bench.takeEvents(), ["written a=2", "200"]);
    assert.equal(bench.writer.state.pending, 0);
  });

  test("a disk that takes longer than a second is not waited for any more, until it has caught up", async () => {
    const bench = new Bench(new TestClock(), { commitsAside: true });
    bench.write("a", "1");
    bench.send("200");
    bench.endTurn();
    bench.clock.advance(600);
    bench.write("b", "1");
    bench.send("180");
    bench.endTurn();
    bench.clock.advance(399);
    assert.deepEqual(bench.takeEvents(), []);
    bench.clock.advance(1);
    assert.deepEqual(bench.takeEvents(), ["degraded away", "200", "180"]);
    bench.write("c", "1");
    bench.send("BYE");
    bench.endTurn();
    assert.deepEqual(bench.takeEvents(), ["BYE"]);
    await bench.finishCommit();
    await bench.finishCommit();
    assert.deepEqual(bench.takeEvents(), ["written a=1", "written b=1", "written c=1", "recovered"]);
    bench.write("d", "1");
    bench.send("200");
    bench.endTurn();
    assert.deepEqual(bench.takeEvents(), [], "and waited for again");
    await bench.finishCommit();
    assert.deepEqual(bench.takeEvents(), ["written d=1", "200"]);
  });

  test("thousands of rows are committed piece by piece; datagrams wait for the last", async () => {
    const bench = new Bench(new TestClock(), { commitsAside: true, maxPending: 20_000 });
    for (let i = 0; i < 12_000; i++) bench.write(`r${i}`, "1", { written: () => {} });
    bench.send("200");
    bench.endTurn();
    for (const committed of [5_000, 10_000]) {
      await bench.finishCommit();
      assert.deepEqual([bench.database.rows.size, bench.takeEvents()], [committed, []]);
    }
    await bench.finishCommit();
    assert.deepEqual([bench.database.commits, bench.takeEvents()], [[5_000, 5_000, 2_000], ["200"]]);
  });

  test("a full disk lets the datagrams go; a refused row is given up alone", async () => {
    const bench = new Bench(new TestClock(), { commitsAside: true });
    bench.database.poison.add("b");
    for (const row of ["a", "b", "c"]) bench.write(row, "1");
    bench.send("200");
    bench.endTurn();
    await bench.finishCommit();
    await bench.finishCommit();
    assert.deepEqual(bench.takeEvents(), ["refused b", "written a=1", "written c=1", "200"]);
    bench.database.fault = "full";
    bench.write("d", "1");
    bench.send("180");
    bench.endTurn();
    await bench.finishCommit();
    assert.deepEqual(bench.takeEvents(), ["degraded full", "180"]);
    bench.database.fault = undefined;
    bench.clock.advance(1000);
    const drained = bench.writer.drain(1000);
    await bench.finishCommit();
    assert.deepEqual(bench.takeEvents(), ["written d=1", "recovered"]);
    assert.equal(await drained, true);
  });

  test("closed, it waits for the commit that is under way", async () => {
    const bench = new Bench(new TestClock(), { commitsAside: true });
    bench.write("a", "1");
    bench.send("200");
    bench.endTurn();
    const closing = bench.writer.close();
    await bench.finishCommit();
    await closing;
    assert.equal(bench.database.rows.get("a"), "1");
    assert.ok(bench.events.includes("200"));
  });
});
