import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Statistics } from "./index.ts";

describe("statistics", () => {
  test("a counter is registered once and shared by everyone who asks for it", () => {
    const statistics = new Statistics();
    const one = statistics.counter("core", "rcv_requests");
    const same = statistics.counter("core", "rcv_requests");
    one.add();
    same.add(2);
    assert.equal(statistics.find("core:rcv_requests")?.read(), 3);
    assert.equal(statistics.list().length, 1);
  });

  test("a counter goes back to 0, a gauge does not", () => {
    const statistics = new Statistics();
    const counter = statistics.counter("tm", "received_replies");
    let open = 5;
    statistics.gauge("net", "tcp_connections", () => open);
    counter.add(7);
    for (const statistic of statistics.list()) statistic.reset();
    assert.equal(counter.value, 0);
    assert.equal(statistics.find("net:tcp_connections")?.read(), 5);
    assert.equal(statistics.find("net:tcp_connections")?.isResettable, false);
    open = -1;
    assert.equal(statistics.find("net:tcp_connections")?.read(), 0, "a gauge below 0 reads as 0");
    open = Number.NaN;
    assert.equal(statistics.find("net:tcp_connections")?.read(), 0);
    open = 2.9;
    assert.equal(statistics.find("net:tcp_connections")?.read(), 2);
  });

  test("a bare name finds the first group that has it; groups list in the order of registration", () => {
    const statistics = new Statistics();
    statistics.counter("core", "drop_requests").add(1);
    statistics.counter("sl", "drop_requests").add(2);
    statistics.counter("core", "fwd_requests");
    assert.equal(statistics.find("drop_requests")?.read(), 1);
    assert.equal(statistics.find("sl:drop_requests")?.read(), 2);
    assert.equal(statistics.find("nosuch"), undefined);
    assert.deepEqual(
      statistics.list("core").map((one) => one.name),
      ["drop_requests", "fwd_requests"],
    );
    assert.deepEqual(statistics.list("nosuch"), []);
  });

  test("a counter that must not be reset is not, and is found behind its statistic", () => {
    const statistics = new Statistics();
    const counter = statistics.counter("dynamic", "calls", false);
    counter.add(3);
    const statistic = statistics.find("calls");
    statistic?.reset();
    assert.equal(statistic?.read(), 3);
    assert.equal(statistic === undefined ? undefined : statistics.counterOf(statistic), counter);
    statistics.gauge("dynamic", "load", () => 1);
    const gauge = statistics.find("load");
    assert.equal(gauge === undefined ? counter : statistics.counterOf(gauge), undefined);
  });
});
