import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog, Timers } from "../kit/index.ts";
import { TestClock } from "../testing/index.ts";
import type { Outcome } from "./definition.ts";
import { type Answer, type CallOptions, Commands, fail, INTERNAL_CALL, integer, Listing, list, type Peer, text } from "./index.ts";

const peer: Peer = { transport: "internal", address: "test" };

function setUp(): { readonly commands: Commands; readonly clock: TestClock; readonly timers: Timers } {
  const clock = new TestClock();
  const timers = new Timers(clock, clock, (error) => {
    throw error;
  });
  clock.wakes(() => timers.run());
  const commands = new Commands({ clock, timers, log: silentLog });
  const add = (name: string, forms: Parameters<Commands["register"]>[0]["forms"], run: () => Outcome | Promise<Outcome>): void =>
    commands.register({ name, modern: [`x:${name}`], module: "x", help: name, forms, run });
  commands.register({
    name: "echo",
    modern: ["x:echo"],
    module: "x",
    help: "answers its arguments",
    forms: [[], [text("a")], [text("a"), integer("n")], [text("a"), list("l"), integer("n")]],
    run: (args) => ({ a: args.text("a") ?? null, n: args.integer("n") ?? null, l: args.list("l")?.slice() ?? null }),
  });
  commands.register({
    name: "named",
    modern: ["x:named"],
    module: "x",
    help: "",
    forms: [[], [text("a")]],
    isNamedOnly: true,
    run: () => "OK",
  });
  add("twice", [[text("a")], [text("b")]], () => "OK");
  add("throws", [[]], () => {
    throw new Error("a bug");
  });
  add("rejects", [[]], () => Promise.reject(new Error("a bug")));
  add("nothing", [[]], () => undefined);
  add("later", [[]], () => Promise.resolve("late"));
  add("never", [[]], () => new Promise<Outcome>(() => {}));
  add("refuses", [[]], () => fail(404, "No such thing"));
  add("listing", [[]], () => new Listing("Items", [1, { a: [2] }], { count: 2 }));
  add("bare_listing", [[]], () => new Listing(undefined, [1, 2]));
  add("empty_listing", [[]], () => new Listing("Items", []));
  return { commands, clock, timers };
}

function textOf(answer: Answer | Promise<Answer>): string | undefined {
  assert.ok(!(answer instanceof Promise), "answered at once");
  return answer === undefined ? undefined : [...answer].join("");
}

/** Sends one request and returns what came back, as text. */
function ask(commands: Commands, request: unknown, options: CallOptions = INTERNAL_CALL): string | undefined {
  return textOf(commands.execute(typeof request === "string" ? request : JSON.stringify(request), peer, options));
}

/** Calls a method and returns `result`, or `error`. */
function call(commands: Commands, method: string, params?: unknown): unknown {
  const reply = JSON.parse(ask(commands, { jsonrpc: "2.0", id: 1, method, params }) ?? "null");
  return "error" in reply ? reply.error : reply.result;
}

const invalid = (data: string): unknown => ({ code: -32602, message: "Invalid params", data });

test("a reply is jsonrpc, result or error, id, in this order and compact (MI-2, MI-9)", () => {
  const { commands } = setUp();
  assert.equal(
    ask(commands, { jsonrpc: "2.0", id: "7", method: "echo" }),
    '{"jsonrpc":"2.0","result":{"a":null,"n":null,"l":null},"id":"7"}',
  );
  assert.equal(
    ask(commands, { jsonrpc: "2.0", method: "nope", id: "7" }),
    '{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":"7"}',
  );
});

test("ids come back with their type, fractions cut off (MI-2)", () => {
  const { commands } = setUp();
  for (const [id, echoed] of [
    ["x", '"x"'],
    [3, "3"],
    [-2.9, "-2"],
    [null, "null"],
    ["", '""'],
  ] as const) {
    assert.ok(ask(commands, { jsonrpc: "2.0", id, method: "named" })?.endsWith(`,"id":${echoed}}`), String(id));
  }
  assert.equal(
    ask(commands, '{"jsonrpc":"2.0","id":1e999,"method":"named"}'),
    '{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}',
  );
});

test("a request without an id runs and is not answered, unless it is no request (MI-3)", () => {
  const { commands } = setUp();
  assert.equal(ask(commands, { jsonrpc: "2.0", method: "echo" }), undefined);
  assert.equal(ask(commands, { jsonrpc: "2.0", method: "nope" }), undefined);
  assert.equal(ask(commands, { jsonrpc: "2.0" }), '{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}');
  assert.equal(ask(commands, "{"), '{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}');
});

test("what is no request is told so (MI-1, MI-4)", () => {
  const { commands } = setUp();
  const bad = [
    1,
    "text",
    null,
    true,
    { method: "echo", id: 1 },
    { jsonrpc: "1.0", method: "echo", id: 1 },
    { jsonrpc: "2.0", method: 3, id: 1 },
    { jsonrpc: "2.0", id: 1 },
  ];
  for (const one of bad) assert.equal(JSON.parse(ask(commands, JSON.stringify(one)) ?? "").error.code, -32600, JSON.stringify(one));
  for (const id of [true, [], {}]) {
    const reply = JSON.parse(ask(commands, { jsonrpc: "2.0", id, method: "echo" }) ?? "");
    assert.deepEqual([reply.error.code, reply.id], [-32600, null]);
  }
  for (const one of ["", "   ", "[", "nul", '{"a":}']) assert.equal(JSON.parse(ask(commands, one) ?? "").error.code, -32700, one);
  assert.equal(JSON.parse(ask(commands, { jsonrpc: "2.0", id: 9 }) ?? "").id, 9, "a good id is echoed even then");
});

test("deep nesting is refused before it is parsed (S-14)", () => {
  const { commands } = setUp();
  const nested = (depth: number): string => `{"jsonrpc":"2.0","id":1,"method":"named","x":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  assert.equal(JSON.parse(ask(commands, nested(31)) ?? "").result, "OK");
  assert.equal(JSON.parse(ask(commands, nested(32)) ?? "").error.code, -32600);
  assert.equal(JSON.parse(ask(commands, `{"jsonrpc":"2.0","id":1,"method":"named","x":"${"[".repeat(99)}"}`) ?? "").result, "OK");
});

test("absent, empty and null params all mean none (MI-1)", () => {
  const { commands } = setUp();
  for (const params of [undefined, {}, [], null]) assert.equal(call(commands, "named", params), "OK");
  for (const params of ["x", 1, true]) assert.deepEqual(call(commands, "named", params), { code: -32602, message: "Invalid params" });
});

test("positional calls choose the form by count, named calls by the set of names (MI-5)", () => {
  const { commands } = setUp();
  assert.deepEqual(call(commands, "echo", ["p", 4]), { a: "p", n: 4, l: null });
  assert.deepEqual(call(commands, "echo", { n: 4, a: "p" }), { a: "p", n: 4, l: null });
  assert.deepEqual(call(commands, "echo", ["a", 1, 2, 3]), invalid("Too few or too many parameters"));
  assert.deepEqual(call(commands, "echo", { n: 4 }), invalid("Named parameters do not match"));
  assert.deepEqual(call(commands, "echo", { a: "p", other: 1 }), invalid("Named parameters do not match"));
  assert.deepEqual(call(commands, "twice", ["a"]), invalid("Ambiguous call, use named parameters instead"));
  assert.equal(call(commands, "twice", { b: "x" }), "OK");
  assert.deepEqual(call(commands, "twice"), invalid("Too few or too many parameters"));
  assert.deepEqual(call(commands, "named", ["a"]), invalid("Command only supports named parameters"));
});

test("numbers and strings stand for each other, arrays stay arrays (MI-6)", () => {
  const { commands } = setUp();
  assert.deepEqual(call(commands, "echo", [12, "-34"]), { a: "12", n: -34, l: null });
  assert.deepEqual(call(commands, "echo", [1e21, "+7"]), { a: "1000000000000000000000", n: 7, l: null });
  assert.deepEqual(call(commands, "echo", ["a", ["x", 2], 1]), { a: "a", n: 1, l: ["x", "2"] });
  for (const n of ["", "-", "1.5", "0x10", "1e3", " 1", 1.5, true, null, {}, "99999999999999999999"]) {
    assert.deepEqual(call(commands, "echo", ["a", n]), invalid("Bad type for parameter 'n'"), JSON.stringify(n));
  }
  for (const a of [true, null, {}, []]) assert.deepEqual(call(commands, "echo", [a]), invalid("Bad type for parameter 'a'"));
  assert.deepEqual(call(commands, "echo", ["a", "x", 1]), invalid("Bad type for parameter 'l'"));
  assert.deepEqual(call(commands, "echo", ["a", [], 1]), invalid("Empty array in parameter 'l'"));
  assert.deepEqual(call(commands, "echo", ["a", ["x", null], 1]), invalid("Bad type for array item in parameter 'l'"));
  assert.deepEqual(call(commands, "echo", ["a", Array(65).fill(1), 1]), invalid("Too many items in parameter 'l'"));
});

test("both generations of names are understood, and a suffix that one module has (MI-7)", () => {
  const { commands } = setUp();
  const add = (name: string, modern: string): void =>
    commands.register({ name, modern: [modern], module: "m", help: "", forms: [[]], run: () => name });
  add("dlg_list", "dialog:list");
  add("events_list", "evi:list");
  add("dlg_end_dlg", "dialog:end_dlg");
  assert.equal(call(commands, "dlg_list"), "dlg_list");
  assert.equal(call(commands, "dialog:list"), "dlg_list");
  assert.equal(call(commands, "end_dlg"), "dlg_end_dlg");
  assert.deepEqual(call(commands, "list"), { code: -32001, message: "Method ambiguous", data: "supported names: dialog:list, evi:list" });
  for (const name of ["dialog:", ":list", "evi:end_dlg", "__proto__", "constructor", ""]) {
    assert.deepEqual(call(commands, name), { code: -32601, message: "Method not found" }, name);
  }
});

test("a command that throws, rejects or answers nothing gets the error for it, and the next one works (MI-4)", async () => {
  const { commands } = setUp();
  assert.deepEqual(call(commands, "throws"), { code: -32603, message: "Internal error" });
  assert.deepEqual(call(commands, "nothing"), { code: -32000, message: "Server error", data: "Command handler returned null" });
  assert.deepEqual(call(commands, "refuses"), { code: 404, message: "No such thing" });
  const rejected = await commands.execute('{"jsonrpc":"2.0","id":1,"method":"rejects"}', peer);
  assert.equal(textOf(rejected), '{"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal error"},"id":1}');
  assert.equal(call(commands, "named"), "OK");
});

test("a command may take its time, up to the limit of the transport (MI-8)", async () => {
  const { commands, clock, timers } = setUp();
  const late = await commands.execute('{"jsonrpc":"2.0","id":1,"method":"later"}', peer);
  assert.equal(textOf(late), '{"jsonrpc":"2.0","result":"late","id":1}');
  const never = commands.execute('{"jsonrpc":"2.0","id":2,"method":"never"}', peer, { ...INTERNAL_CALL, limitMs: 30_000 });
  assert.ok(never instanceof Promise);
  clock.advance(30_000);
  assert.equal(textOf(await never), '{"jsonrpc":"2.0","error":{"code":408,"message":"Timeout"},"id":2}');
  assert.equal(timers.count, 0);
});

test("a batch is answered in order, without its notifications (MH-4)", async () => {
  const { commands } = setUp();
  const one = { jsonrpc: "2.0", id: 1, method: "named" };
  assert.equal(
    ask(commands, [one, { jsonrpc: "2.0", method: "named" }, 5, { ...one, id: 2, method: "refuses" }]),
    '[{"jsonrpc":"2.0","result":"OK","id":1},' +
      '{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null},' +
      '{"jsonrpc":"2.0","error":{"code":404,"message":"No such thing"},"id":2}]',
  );
  assert.equal(ask(commands, [{ jsonrpc: "2.0", method: "named" }]), undefined);
  for (const batch of [[], Array(65).fill(one)]) assert.equal(JSON.parse(ask(commands, batch) ?? "").error.code, -32600);
  assert.equal(JSON.parse(ask(commands, Array(64).fill(one)) ?? "").length, 64);
  assert.equal(JSON.parse(ask(commands, [one], { ...INTERNAL_CALL, isBatchAllowed: false }) ?? "").error.code, -32600);
  const mixed = await commands.execute(JSON.stringify([{ ...one, method: "later" }, one]), peer);
  assert.equal(textOf(mixed), '[{"jsonrpc":"2.0","result":"late","id":1},{"jsonrpc":"2.0","result":"OK","id":1}]');
});

test("a listing is written piece by piece and reads like any other result", () => {
  const { commands } = setUp();
  const answer = commands.execute('{"jsonrpc":"2.0","id":1,"method":"listing"}', peer);
  assert.ok(answer !== undefined && !(answer instanceof Promise));
  assert.deepEqual([...answer], ['{"jsonrpc":"2.0","result":{"count":2,"Items":[1', ',{"a":[2]}', ']},"id":1}']);
  assert.deepEqual(call(commands, "bare_listing"), [1, 2]);
  assert.deepEqual(call(commands, "empty_listing"), { Items: [] });
});

test("an indented reply says the same (MI-9)", () => {
  const { commands } = setUp();
  for (const method of ["echo", "listing", "bare_listing", "empty_listing", "refuses"]) {
    const compact = ask(commands, { jsonrpc: "2.0", id: 1, method }) ?? "";
    const indented = ask(commands, { jsonrpc: "2.0", id: 1, method }, { ...INTERNAL_CALL, indent: 1 });
    assert.equal(indented, JSON.stringify(JSON.parse(compact), undefined, 1), method);
  }
});

test("a transport may refuse a command (S-15)", () => {
  const { commands } = setUp();
  const reply = ask(commands, { jsonrpc: "2.0", id: 1, method: "x:named" }, { ...INTERNAL_CALL, disabled: new Set(["named"]) });
  assert.equal(JSON.parse(reply ?? "").error.code, 403);
});
