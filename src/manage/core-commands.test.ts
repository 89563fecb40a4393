import assert from "node:assert/strict";
import { test } from "node:test";
import { Statistics, silentLog, Timers } from "../kit/index.ts";
import { TestClock } from "../testing/index.ts";
import {
  Commands,
  LoadMeter,
  type MemoryUsage,
  NodeMeter,
  registerCoreCommands,
  registerStatisticsCommands,
  registerSystemStatistics,
  type SystemPort,
} from "./index.ts";
import { ctime, dateTime } from "./time.ts";

const WORKERS = ["attendant", "SIP receiver udp:127.0.0.1:5060", "TCP receiver", "timer"];
const MEMORY: MemoryUsage = { heapLimit: 1000, heapTotal: 500, heapUsed: 300, rss: 700, maxRss: 800, machineTotal: 4000 };

interface Bench {
  readonly clock: TestClock;
  readonly commands: Commands;
  readonly statistics: Statistics;
  readonly timers: Timers;
  readonly load: LoadMeter;
  readonly loop: { activeMs: number; idleMs: number };
  readonly memory: { value: MemoryUsage };
  stops: number;
  call(method: string, params?: unknown): unknown;
}

function setUp(isVersionCompatible = true, areBothNamesListed = false): Bench {
  const clock = new TestClock();
  const timers = new Timers(clock, clock, () => {});
  clock.wakes(() => timers.run());
  const commands = new Commands({ clock, timers, log: silentLog });
  const statistics = new Statistics();
  const loop = { activeMs: 0, idleMs: 0 };
  const memory = { value: MEMORY };
  const meter = { eventLoop: () => ({ ...loop }), memory: () => memory.value };
  const load = new LoadMeter(clock, timers, meter);
  let level = 2;
  const bench: Bench = {
    clock,
    commands,
    statistics,
    timers,
    load,
    loop,
    memory,
    stops: 0,
    call: (method, params) => {
      const answer = commands.execute(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }), { transport: "internal", address: "" });
      assert.ok(answer !== undefined && !(answer instanceof Promise));
      const reply = JSON.parse([...answer].join(""));
      return "error" in reply ? reply.error : reply.result;
    },
  };
  const system: SystemPort = {
    version: "1.2.3",
    revision: "abc",
    pid: 77,
    argv: ["dialoom", "-D"],
    cwd: () => "/srv",
    workers: () => WORKERS,
    stop: () => {
      bench.stops++;
    },
    ailments: () => [],
  };
  const logLevel = {
    get: () => level,
    set: (next: number) => {
      level = next;
    },
  };
  registerCoreCommands(commands, { clock, system, logLevel, isVersionCompatible, areBothNamesListed });
  registerStatisticsCommands(commands, statistics);
  registerSystemStatistics({ statistics, clock, meter, load, system });
  return bench;
}

test("which lists the commands, sorted, and the parameters of one", () => {
  const { call } = setUp();
  assert.deepEqual(call("which"), [
    "arg",
    "get_statistics",
    "help",
    "kill",
    "list_statistics",
    "log_level",
    "ps",
    "pwd",
    "reset_statistics",
    "uptime",
    "version",
    "which",
  ]);
  assert.deepEqual(call("which", { command: "log_level" }), [[], ["level"], ["level", "pid"]]);
  assert.deepEqual(call("which", ["core:version"]), [[], ["revision"]]);
  assert.deepEqual(call("which", ["nope"]), { code: 404, message: "unknown MI command" });
  const both = setUp(true, true).call("which");
  assert.ok(Array.isArray(both) && both.includes("statistics:get") && both.includes("get_statistics"));
});

test("help says what a command is for", () => {
  const { call } = setUp();
  assert.equal(typeof call("help"), "string");
  assert.deepEqual(call("help", { mi_cmd: "pwd" }), { Help: "says in which folder the process runs", "Exported by": "core" });
  assert.deepEqual(call("help", ["nope"]), { code: 404, message: "unknown MI command" });
});

test("uptime counts seconds that really passed", () => {
  const { call, clock } = setUp();
  const start = ctime(clock.now());
  clock.advance(61_900);
  clock.skewWall(3_600_000);
  assert.deepEqual(call("uptime"), { Now: ctime(clock.now()), "Up since": start, "Up time": "61 [sec]" });
});

test("times have the shape that tools parse", () => {
  assert.equal(ctime(new Date(1970, 0, 1).getTime()), "Thu Jan  1 00:00:00 1970");
  assert.equal(ctime(new Date(2026, 10, 23, 17, 5, 9).getTime()), "Mon Nov 23 17:05:09 2026");
  assert.equal(dateTime(new Date(2026, 10, 3, 7, 52, 30).getTime()), "2026-11-03 07:52:30");
});

test("version passes the check of OpenSIPS' client, unless told not to (D-11)", () => {
  const server = "OpenSIPS (3.2.0 compatible; Dialoom 1.2.3 (node/linux))";
  assert.deepEqual(setUp().call("version"), { Server: server });
  assert.deepEqual(setUp().call("version", ["revision"]), { Server: server, VERSIONTYPE: "git", THISREVISION: "abc" });
  assert.deepEqual(setUp(false).call("version"), { Server: "Dialoom 1.2.3 (node/linux)" });
});

test("ps, pwd and arg describe the process; kill ends it", () => {
  const bench = setUp();
  assert.deepEqual(bench.call("ps"), { Processes: WORKERS.map((Type, ID) => ({ ID, PID: 77, Type })) });
  assert.deepEqual(bench.call("pwd"), { WD: "/srv" });
  assert.deepEqual(bench.call("arg"), ["dialoom", "-D"]);
  assert.equal(bench.call("kill"), "OK");
  assert.equal(bench.stops, 1);
});

test("log_level shows, sets and clamps the level; only our own PID has one", () => {
  const { call } = setUp();
  assert.deepEqual(call("log_level"), { Processes: WORKERS.map((Type) => ({ PID: 77, "Log level": 2, Type })) });
  assert.deepEqual(call("log_level", ["4"]), { "New global log level": 4 });
  assert.deepEqual(call("log_level", { level: 99 }), { "New global log level": 4 });
  assert.deepEqual(call("log_level", [-9, 77]), { "Log level": -3 });
  assert.deepEqual(call("log_level", [1, 78]), { code: -32602, message: "Invalid params", data: "Bad PID" });
});

test("get_statistics takes all, groups, names and full names, and passes over what is unknown (ST-4)", () => {
  const { call, statistics } = setUp();
  statistics.counter("dialog", "processed_dialogs").add(5);
  statistics.counter("tm", "inuse").add(2);
  assert.deepEqual(call("get_statistics", [["tm:", "nope:", "processed_dialogs", "dialog:processed_dialogs", "nope"]]), {
    "tm:inuse": 2,
    "dialog:processed_dialogs": 5,
  });
  const all = call("get_statistics", { statistics: ["all"] });
  assert.deepEqual(
    Object.keys(all as object),
    statistics.list().map(({ group, name }) => `${group}:${name}`),
  );
  assert.deepEqual(call("get_statistics", [["nope"]]), { code: 404, message: "Statistics Not Found" });
  assert.deepEqual(call("get_statistics", ["all"]), {
    code: -32602,
    message: "Invalid params",
    data: "Bad type for parameter 'statistics'",
  });
});

test("list_statistics says which numbers only grow (ST-5)", () => {
  const { call, statistics } = setUp();
  statistics.counter("dialog", "processed_dialogs");
  statistics.gauge("dialog", "active_dialogs", () => 3);
  const dialog = { "dialog:processed_dialogs": "incremental", "dialog:active_dialogs": "non-incremental" };
  assert.deepEqual(call("list_statistics", [["dialog:"]]), dialog);
  assert.deepEqual(call("list_statistics", [["active_dialogs"]]), { active_dialogs: "non-incremental" });
  assert.deepEqual(call("list_statistics", [["dialog:active_dialogs"]]), { "dialog:active_dialogs": "non-incremental" });
  assert.ok(Object.keys(call("list_statistics") as object).length > 30);
  assert.deepEqual(call("list_statistics", [["nope"]]), { code: 404, message: "Statistics Not Found" });
});

test("reset_statistics sets counters back and leaves gauges alone (ST-6)", () => {
  const { call, statistics } = setUp();
  statistics.counter("dialog", "processed_dialogs").add(5);
  statistics.gauge("dialog", "active_dialogs", () => 3);
  assert.equal(call("reset_statistics", [["active_dialogs", "processed_dialogs"]]), "OK");
  assert.deepEqual(call("get_statistics", [["dialog:"]]), { "dialog:processed_dialogs": 0, "dialog:active_dialogs": 3 });
  assert.deepEqual(call("reset_statistics", [["nope"]]), { code: 404, message: "Statistics Not Found" });
});

test("the process' own numbers have the names that monitoring reads", () => {
  const { call, clock, memory } = setUp();
  clock.advance(2500);
  const core = call("get_statistics", [["core:"]]) as Record<string, number>;
  assert.equal(core["core:timestamp"], 2);
  for (const name of ["rcv_requests", "fwd_replies", "bad_URIs_rcvd", "bad_msg_hdr"]) assert.equal(core[`core:${name}`], 0);
  assert.deepEqual(call("get_statistics", [["shmem:", "pkmem:"]]), {
    "shmem:total_size": 1000,
    "shmem:used_size": 300,
    "shmem:real_used_size": 500,
    "shmem:max_used_size": 300,
    "shmem:free_size": 700,
    "shmem:fragments": 0,
    "pkmem:1-total_size": 4000,
    "pkmem:1-used_size": 700,
    "pkmem:1-real_used_size": 700,
    "pkmem:1-max_used_size": 800,
    "pkmem:1-free_size": 3300,
    "pkmem:1-fragments": 0,
  });
  memory.value = { ...MEMORY, heapUsed: 900 };
  clock.advance(1000);
  call("get_statistics", [["shmem:"]]);
  memory.value = MEMORY;
  clock.advance(1000);
  assert.deepEqual(call("get_statistics", [["shmem:max_used_size"]]), { "shmem:max_used_size": 900 });
});

test("load is measured over the last second, minute and ten minutes", () => {
  const { call, clock, load, loop, timers } = setUp();
  load.start();
  const pass = (seconds: number, busy: number): void => {
    for (let i = 0; i < seconds; i++) {
      loop.activeMs += 1000 * busy;
      loop.idleMs += 1000 * (1 - busy);
      clock.advance(1000);
    }
  };
  pass(600, 0.1);
  pass(59, 0.5);
  loop.activeMs += 1000;
  assert.deepEqual(call("get_statistics", [["load:load", "load:load1m", "load:load10m", "load:load-all", "load:load1m-proc-3"]]), {
    "load:load": 100,
    "load:load1m": 51,
    "load:load10m": 14,
    "load:load-all": 100,
    "load:load1m-proc-3": 51,
  });
  assert.deepEqual(call("get_statistics", [["processes_number"]]), { "load:processes_number": 4 });
  load.stop();
  assert.equal(timers.count, 0);
});

test("how late the loop ran is remembered for ten seconds, and seen while it lasts", () => {
  let now = 0;
  const clock = { now: () => now, monotonic: () => now };
  const timers = new Timers(clock, { set: () => {} }, () => {});
  const load = new LoadMeter(clock, timers, { eventLoop: () => ({ activeMs: now, idleMs: 0 }), memory: () => MEMORY });
  load.start();
  const passTo = (at: number): void => {
    now = at;
    timers.run();
  };
  passTo(1000);
  assert.equal(load.lagMs(), 0);
  now = 2700;
  assert.equal(load.lagMs(), 700, "the sample is overdue");
  timers.run();
  for (let second = 1; second <= 9; second++) passTo(2700 + 1000 * second);
  assert.equal(load.lagMs(), 700);
  passTo(12_700);
  assert.equal(load.lagMs(), 0);
});

test("Node's own figures are plausible", () => {
  const meter = new NodeMeter();
  const memory = meter.memory();
  assert.ok(memory.heapUsed > 1e6 && memory.heapUsed <= memory.heapTotal && memory.heapTotal <= memory.heapLimit);
  assert.ok(memory.rss > 1e7 && memory.maxRss >= 1e7 && memory.rss < memory.machineTotal);
  const { activeMs, idleMs } = meter.eventLoop();
  assert.ok(activeMs >= 0 && idleMs >= 0);
});
