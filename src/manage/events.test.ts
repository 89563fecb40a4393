import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox, Statistics, silentLog, Timers } from "../kit/index.ts";
import { TestClock } from "../testing/index.ts";
import { Commands, EventBus, eventText, internalCommands, registerEventCommands } from "./index.ts";

function setUp() {
  const clock = new TestClock();
  const errors: unknown[] = [];
  const outbox = new Outbox(clock.defer, (error) => errors.push(error));
  const statistics = new Statistics();
  const bus = new EventBus({ clock, outbox, statistics, log: silentLog });
  const sent: string[] = [];
  bus.addTransport({
    scheme: "udp",
    open: (rest) => (rest.includes(":") ? { send: (payload) => sent.push(`${rest} ${payload}`) > 0 } : undefined),
  });
  const timers = new Timers(clock, clock, () => {});
  const commands = new Commands({ clock, timers, log: silentLog });
  registerEventCommands(commands, bus);
  const port = internalCommands(commands);
  const call = (method: string, params?: unknown): unknown => {
    const reply = port.execute(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
    assert.ok(typeof reply === "string");
    const { result, error } = JSON.parse(reply);
    return error ?? result;
  };
  const count = (name: string): number => statistics.find(`evi:${name}`)?.read() ?? Number.NaN;
  return { clock, bus, outbox, sent, call, count, errors, port };
}

test("an event is told at the end of the turn, in the order raised, to everyone who listens", () => {
  const { bus, clock, sent, count } = setUp();
  const heard: string[] = [];
  bus.define("E_A");
  bus.listen("E_A", (parameters) => heard.push(`first ${JSON.stringify(parameters)}`));
  bus.listen("E_B", () => heard.push("b"));
  assert.equal(bus.subscribe("E_A", "udp:1.2.3.4:9", 0), undefined);
  bus.raise("E_A", [["n", 1]]);
  bus.raise("E_B", []);
  assert.deepEqual([heard, sent], [[], []], "nothing in the middle of a turn");
  clock.advance(0);
  assert.deepEqual(heard, ['first [["n",1]]', "b"]);
  assert.deepEqual(sent, ['1.2.3.4:9 {"jsonrpc":"2.0","method":"E_A","params":{"n":1}}']);
  assert.deepEqual([count("raised"), count("delivered"), count("failed"), count("dropped")], [2, 3, 0, 0]);
});

test("one that throws harms nobody, and events raised by listeners follow in the same end of turn", () => {
  const { bus, clock, count } = setUp();
  const heard: string[] = [];
  bus.listen("E_A", () => {
    throw new Error("a listener's own");
  });
  bus.listen("E_A", () => {
    heard.push("a");
    bus.raise("E_B", []);
    heard.push("after");
  });
  const stop = bus.listen("E_B", () => heard.push("b"));
  bus.raise("E_A", []);
  clock.advance(0);
  assert.deepEqual(heard, ["a", "after", "b"]);
  assert.equal(count("failed"), 1);
  stop();
  bus.raise("E_B", []);
  clock.advance(0);
  assert.equal(heard.length, 3);
});

test("a circle of events ends, and a flood is bounded (EV-8)", () => {
  const { bus, clock, count } = setUp();
  let times = 0;
  bus.listen("E_LOOP", () => {
    times++;
    bus.raise("E_LOOP", []);
    bus.raise("E_LOOP", []);
  });
  bus.raise("E_LOOP", []);
  clock.advance(0);
  assert.ok(times > 100 && count("dropped") > 0);
  const before = count("dropped");
  const quiet = setUp();
  quiet.bus.listen("E_X", () => {});
  for (let i = 0; i < 10_005; i++) quiet.bus.raise("E_X", []);
  assert.equal(quiet.count("dropped"), 5);
  assert.ok(before >= 1);
});

test("subscribers come, are given more time, expire and go (EV-2, EV-7)", () => {
  const { bus, clock, sent, call } = setUp();
  bus.define("E_A");
  assert.equal(call("event_subscribe", ["E_A", "udp:1.1.1.1:5"]), "OK");
  assert.equal(call("event_subscribe", ["E_A", "udp:2.2.2.2:5", "10"]), "OK");
  bus.listen("E_A", () => {});
  clock.advance(4_000);
  assert.deepEqual(call("subscribers_list", { event: "E_A" }), {
    Event: {
      name: "E_A",
      id: 0,
      Subscribers: [
        { socket: "udp:1.1.1.1:5", expire: 3600, ttl: 3596 },
        { socket: "udp:2.2.2.2:5", expire: 10, ttl: 6 },
        { socket: "route:E_A", expire: "never" },
      ],
    },
  });
  assert.equal(call("event_subscribe", ["E_A", "udp:1.1.1.1:5", 0]), "OK");
  assert.equal(call("event_subscribe", ["E_A", "udp:2.2.2.2:5", 20]), "OK", "the same again has more time");
  clock.advance(19_000);
  bus.raise("E_A", [["", "x"]]);
  clock.advance(0);
  assert.deepEqual(sent, ['2.2.2.2:5 {"jsonrpc":"2.0","method":"E_A","params":["x"]}']);
  clock.advance(2_000);
  assert.deepEqual(call("subscribers_list", ["E_A", "udp:2.2.2.2:5"]), {
    Event: { name: "E_A", id: 0, Subscriber: { socket: "udp:2.2.2.2:5", expire: 20, ttl: "expired" } },
  });
  assert.deepEqual(call("subscribers_list", ["E_A", "udp:2.2.2.2:5"]), { code: 404, message: "Subscriber does not exist" });
});

test("what cannot be subscribed to is refused with its reason", () => {
  const { bus, call } = setUp();
  bus.define("E_A");
  assert.deepEqual(call("event_subscribe", ["E_NONE", "udp:1.1.1.1:5"]), {
    code: 400,
    message: "Bad parameter value",
    data: "there is no event E_NONE",
  });
  for (const socket of ["tcp:1.1.1.1:5", "udp:nowhere", "nonsense"]) {
    const error = call("event_subscribe", ["E_A", socket]);
    assert.ok(typeof error === "object" && error !== null && Reflect.get(error, "code") === 400, socket);
  }
  assert.deepEqual(call("event_subscribe", ["E_A", "udp:1.1.1.1:5", -1]), {
    code: -32602,
    message: "Invalid params",
    data: "Negative expire value",
  });
  assert.deepEqual(call("subscribers_list", ["E_NONE"]), { code: 404, message: "Event not published" });
});

test("an event raised by hand carries values by position or by name (EV-4)", () => {
  const { bus, clock, call } = setUp();
  const heard: unknown[] = [];
  bus.define("E_FIRST");
  bus.define("E_A");
  assert.deepEqual(call("events_list"), {
    Events: [
      { name: "E_FIRST", id: 0 },
      { name: "E_A", id: 1 },
    ],
  });
  assert.deepEqual(call("raise_event", ["E_NONE"]), { code: 404, message: "Event not registered" });
  assert.deepEqual(call("raise_event", ["E_A"]), { code: 480, message: "Temporarily Unavailable" });
  bus.listen("E_A", (parameters) => heard.push(parameters));
  assert.equal(call("raise_event", ["E_A", ["x", 5]]), "OK");
  assert.equal(call("raise_event", { event: "E_A", params: '{"user":"J\u00f6rg","n":2}' }), "OK");
  assert.equal(call("raise_event", { event: "E_A", params: { a: "b" } }), "OK");
  assert.equal(call("evi:raise", ["E_A"]), "OK");
  assert.deepEqual(call("raise_event", ["E_A", "no json"]), { code: 400, message: "Bad Params" });
  assert.deepEqual(call("raise_event", ["E_A", [{ deep: 1 }]]), { code: 400, message: "Bad Params" });
  clock.advance(0);
  assert.deepEqual(heard, [
    [
      ["", "x"],
      ["", 5],
    ],
    [
      ["user", "J\xc3\xb6rg"],
      ["n", 2],
    ],
    [["a", "b"]],
    [],
  ]);
});

test("the text of an event keeps the order and shows bytes as characters (EV-5)", () => {
  const parameters = [
    ["2", "J\xc3\xb6rg"],
    ["1", 'a"b'],
    ["n", -4],
  ] as const;
  assert.equal(eventText("E_X", parameters), '{"jsonrpc":"2.0","method":"E_X","params":{"2":"Jörg","1":"a\\"b","n":-4}}');
  assert.equal(eventText("E_X", []), '{"jsonrpc":"2.0","method":"E_X"}');
});

test("scripts see commands with the types of their parameters", () => {
  const { port } = setUp();
  assert.deepEqual([port.has("raise_event"), port.has("evi:raise"), port.has("nothing")], [true, true, false]);
  assert.equal(port.parameterType("event_subscribe", "expire"), "integer");
  assert.equal(port.parameterType("event_subscribe", "socket"), "string");
  assert.equal(port.parameterType("nothing", "socket"), undefined);
  assert.deepEqual(
    port.forms("raise_event")?.map((form) => form.map(({ name }) => name)),
    [["event"], ["event", "params"]],
  );
});
