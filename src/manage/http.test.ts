import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { performance } from "node:perf_hooks";
import { after, test } from "node:test";
import { Worker } from "node:worker_threads";
import { type Clock, DialoomError, Outbox, Slices, Statistics, silentLog, Timers } from "../kit/index.ts";
import { TestClock } from "../testing/index.ts";
import { Commands, checkMiHttp, Listing, MI_HTTP_DEFAULTS, MiHttp, type MiHttpSettings } from "./index.ts";

const realClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

interface Bench {
  readonly http: MiHttp;
  readonly port: number;
  readonly commands: Commands;
  readonly statistics: Statistics;
  readonly clock: TestClock;
  readonly ailments: string[];
}

async function listen(settings: Partial<MiHttpSettings> = {}): Promise<Bench> {
  const clock = new TestClock();
  const fail = (error: unknown): never => {
    throw error;
  };
  const timers = new Timers(clock, clock, fail);
  clock.wakes(() => timers.run());
  const commands = new Commands({ clock, timers, log: silentLog });
  commands.register({ name: "hello", modern: [], module: "x", help: "", forms: [[]], run: () => "OK" });
  commands.register({ name: "kill", modern: [], module: "x", help: "", forms: [[]], run: () => "OK" });
  const statistics = new Statistics();
  const ailments: string[] = [];
  const defer = (run: () => void): void => void setImmediate(run);
  const http = new MiHttp({
    commands,
    settings: { ...MI_HTTP_DEFAULTS, port: 0, ...settings },
    outbox: new Outbox(defer, fail),
    slices: new Slices(realClock, defer, fail),
    timers,
    statistics,
    log: silentLog,
    ailments: () => ailments,
  });
  await http.listen();
  after(async () => {
    const closed = http.close(0);
    clock.advance(1);
    await closed;
  });
  return { http, port: http.address?.port ?? 0, commands, statistics, clock, ailments };
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

interface Sending {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const JSON_TYPE = { "Content-Type": "application/json" };
const HELLO = '{"jsonrpc":"2.0","id":1,"method":"hello"}';

async function send(port: number, { method = "POST", path = "/mi", headers = JSON_TYPE, body = HELLO }: Sending = {}): Promise<Reply> {
  const sending = httpRequest({ port, host: "127.0.0.1", method, path, headers, agent: false });
  sending.end(method === "GET" || method === "HEAD" ? undefined : body);
  const [response] = (await once(sending, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode ?? 0, headers: response.headers, body: text };
}

/** Writes raw bytes and reads until the other side closes. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(text);
  let reply = "";
  for await (const chunk of socket) reply += chunk;
  return reply;
}

test("a request is answered with 200, whether its result is good or bad (MH-3)", async () => {
  const { port } = await listen();
  const good = await send(port);
  assert.deepEqual([good.status, good.body], [200, '{"jsonrpc":"2.0","result":"OK","id":1}']);
  assert.equal(good.headers["content-type"], "application/json");
  assert.equal(good.headers["content-length"], String(good.body.length));
  for (const body of ["{", '{"jsonrpc":"2.0","id":1,"method":"nope"}', "[]"]) assert.equal((await send(port, { body })).status, 200, body);
  const withSlash = await send(port, { path: "/mi/?x=1", headers: { "Content-Type": "Application/JSON; charset=utf-8" } });
  assert.equal(withSlash.status, 200);
});

test("only notifications: 202 without a body (MH-3, MH-4)", async () => {
  const { port } = await listen();
  for (const body of ['{"jsonrpc":"2.0","method":"hello"}', '[{"jsonrpc":"2.0","method":"hello"}]']) {
    const reply = await send(port, { body });
    assert.deepEqual([reply.status, reply.body], [202, ""]);
  }
});

test("what is no call of a command is refused by its status (MH-1, MH-2)", async () => {
  const { port, statistics } = await listen({ bodyLimit: 100 });
  const refusals: readonly (readonly [number, Sending])[] = [
    [404, { path: "/" }],
    [404, { path: "/mix" }],
    [404, { path: "/mi/x" }],
    [405, { method: "GET" }],
    [405, { method: "PUT" }],
    [415, { headers: {} }],
    [415, { headers: { "Content-Type": "text/plain" } }],
    [415, { headers: { "Content-Type": "application/x-www-form-urlencoded" } }],
    [415, { headers: { "Content-Type": "application/jsonp" } }],
    [400, { body: "" }],
    [400, { body: " \r\n" }],
    [413, { body: "x".repeat(101) }],
  ];
  for (const [status, sending] of refusals) {
    const reply = await send(port, sending);
    assert.equal(reply.status, status, JSON.stringify(sending));
    if (status === 405) assert.equal(reply.headers.allow, "POST");
  }
  assert.equal(statistics.find("mi:http_refused")?.read(), refusals.length);
  assert.equal((await send(port)).status, 200, "and goes on working");
});

test("a body without a length is counted while it comes (MH-2)", async () => {
  const { port } = await listen({ bodyLimit: 100 });
  const head = "POST /mi HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
  const small = await raw(port, `${head}Connection: close\r\n\r\n${HELLO.length.toString(16)}\r\n${HELLO}\r\n0\r\n\r\n`);
  assert.match(small, /^HTTP\/1.1 200 OK\r\n/);
  const large = await raw(port, `${head}\r\n65\r\n${"x".repeat(101)}\r\n0\r\n\r\n`);
  assert.match(large, /^HTTP\/1.1 413 /);
});

test("a client that asks first is told before it sends", async () => {
  const { port } = await listen({ bodyLimit: 100 });
  const head = "POST /mi HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nConnection: close\r\n";
  assert.match(await raw(port, `${head}Content-Length: 101\r\n\r\n`), /^HTTP\/1.1 413 /);
  const good = await raw(port, `${head}Content-Length: ${HELLO.length}\r\n\r\n${HELLO}`);
  assert.match(good, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n/);
});

test("a foreign name in Host is refused on loopback (MH-5)", async () => {
  const { port } = await listen({ allowedHosts: ["Proxy.Example"] });
  for (const host of ["evil.example", "evil.example:8888", "127.0.0.1.evil.example", "[::1", "localhost.evil.example"]) {
    assert.equal((await send(port, { headers: { ...JSON_TYPE, Host: host } })).status, 403, host);
  }
  for (const host of ["127.0.0.1", "localhost:1", "LOCALHOST", "[::1]:8888", "proxy.example:80"]) {
    assert.equal((await send(port, { headers: { ...JSON_TYPE, Host: host } })).status, 200, host);
  }
});

test("with a token set, requests need it (MH-5)", async () => {
  const { port } = await listen({ token: "s3cret" });
  const none = await send(port);
  assert.deepEqual([none.status, none.headers["www-authenticate"]], [401, "Bearer"]);
  for (const given of ["Bearer s3cre", "Basic s3cret", "Bearer", "s3cret"]) {
    assert.equal((await send(port, { headers: { ...JSON_TYPE, Authorization: given } })).status, 401, given);
  }
  assert.equal((await send(port, { headers: { ...JSON_TYPE, Authorization: "bearer s3cret" } })).status, 200);
  assert.equal((await send(port, { method: "GET", path: "/health" })).status, 200, "health needs none");
});

test("kill is off over HTTP unless allowed (S-15)", async () => {
  const kill = '{"jsonrpc":"2.0","id":1,"method":"kill"}';
  assert.equal(JSON.parse((await send((await listen()).port, { body: kill })).body).error.code, 403);
  assert.equal(JSON.parse((await send((await listen({ disabledCommands: [] })).port, { body: kill })).body).result, "OK");
});

test("health is 200 while nothing is wrong, and says what is (DM-i)", async () => {
  const { port, ailments } = await listen();
  const well = await send(port, { method: "GET", path: "/health" });
  assert.deepEqual([well.status, well.body], [200, '{"status":"ok"}']);
  ailments.push("the event loop is late");
  const ill = await send(port, { method: "GET", path: "/health" });
  assert.deepEqual([ill.status, ill.body], [503, '{"status":"failing","reasons":["the event loop is late"]}']);
  assert.equal((await send(port, { method: "POST", path: "/health" })).status, 405);
});

test("a connection is kept for the next request, pipelined or not", async () => {
  const { port } = await listen();
  const one = `POST /mi HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${HELLO.length}\r\n\r\n${HELLO}`;
  const get = "GET /mi HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const reply = await raw(port, one + get + one.replace("Host", "Connection: close\r\nHost"));
  assert.deepEqual(reply.match(/HTTP\/1.1 \d+/g), ["HTTP/1.1 200", "HTTP/1.1 405", "HTTP/1.1 200"]);
});

test("what is no HTTP ends its connection and nothing else", async () => {
  const { port } = await listen();
  assert.match(await raw(port, "OPTIONS sip:x SIP/2.0\r\n\r\n"), /^HTTP\/1.1 400 /);
  assert.match(await raw(port, "\0\0\0\0garbage\r\n\r\n"), /^HTTP\/1.1 400 /);
  assert.equal((await send(port)).status, 200);
});

/** Sends one request and says how long the answer is and how it ends. */
const READER = `
  const { parentPort, workerData } = require("node:worker_threads");
  const headers = { "Content-Type": "application/json" };
  const sending = require("node:http").request({ ...workerData, host: "127.0.0.1", method: "POST", path: "/mi", headers }, (response) => {
    let size = 0;
    let end = "";
    response.on("data", (chunk) => { size += chunk.length; end = (end + chunk.toString("latin1", Math.max(0, chunk.length - 50))).slice(-50); });
    response.on("end", () => parentPort.postMessage({ size, end }));
  });
  sending.end(workerData.body);
`;

test("a list of 100,000 entries leaves while the loop keeps turning, and in full", async () => {
  const { port, commands } = await listen();
  const count = 100_000;
  const item = { ID: "09e.6e045b84", callid: "35b8519118@127.0.0.1", caller_sdp: "v=0\r\n".repeat(60) };
  function* items(): Generator<typeof item> {
    for (let i = 0; i < count; i++) yield item;
  }
  const run = (): Listing => new Listing("Dialogs", items(), { count });
  commands.register({ name: "many", modern: [], module: "x", help: "", forms: [[]], run });

  // what this thread works in one turn of the loop: a busy machine may make it wait, and that is not its doing
  let longestMs = 0;
  let before = process.threadCpuUsage();
  let isDone = false;
  const watch = (): void => {
    const { user, system } = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    longestMs = Math.max(longestMs, (user + system) / 1000);
    if (!isDone) setImmediate(watch);
  };
  setImmediate(watch);
  // the client reads in a thread of its own, as fast as it can
  const client = new Worker(READER, { eval: true, workerData: { port, body: '{"jsonrpc":"2.0","id":1,"method":"many"}' } });
  const [{ size, end }] = (await once(client, "message")) as [{ readonly size: number; readonly end: string }];
  isDone = true;
  assert.equal(
    size,
    `{"jsonrpc":"2.0","result":{"count":${count},"Dialogs":[`.length + count * (JSON.stringify(item).length + 1) - 1 + `]},"id":1}`.length,
  );
  assert.ok(end.endsWith('"}]},"id":1}'));
  // a slice is 5 ms, and the collector may come on top; written in one go it takes some 500 ms
  assert.ok(longestMs < 40, `one turn of the loop took ${longestMs} ms`);
});

test("a client that leaves in the middle lets go of what was being listed", async () => {
  const { port, commands } = await listen();
  let hasEnded = (): void => {};
  const ended = new Promise<void>((resolve) => {
    hasEnded = resolve;
  });
  function* endless(): Generator<string> {
    try {
      for (;;) yield "x".repeat(1000);
    } finally {
      hasEnded();
    }
  }
  const run = (): Listing => new Listing("Items", endless());
  commands.register({ name: "endless", modern: [], module: "x", help: "", forms: [[]], run });
  const sending = httpRequest({ port, host: "127.0.0.1", method: "POST", path: "/mi", headers: JSON_TYPE });
  sending.end('{"jsonrpc":"2.0","id":1,"method":"endless"}');
  const [response] = (await once(sending, "response")) as [IncomingMessage];
  response.destroy();
  await ended;
});

test("a listing that fails in the middle tears its connection, and the next request is served", async () => {
  const { port, commands } = await listen();
  function* failing(): Generator<string> {
    yield "x".repeat(100_000);
    throw new Error("a bug");
  }
  const run = (): Listing => new Listing("Items", failing());
  commands.register({ name: "failing", modern: [], module: "x", help: "", forms: [[]], run });
  await assert.rejects(send(port, { body: '{"jsonrpc":"2.0","id":1,"method":"failing"}' }));
  assert.equal((await send(port)).status, 200);
});

test("connections beyond the bound are dropped and counted", async () => {
  const { port, statistics } = await listen({ maxConnections: 1 });
  const first = connect(port, "127.0.0.1");
  await once(first, "connect");
  const second = connect(port, "127.0.0.1");
  await once(second, "close");
  assert.equal(statistics.find("mi:http_refused")?.read(), 1);
  first.destroy();
});

test("closing waits for replies under way, no longer than the grace", async () => {
  const { port, http, commands, clock } = await listen();
  let finish: (value: string) => void = () => {};
  let hasStarted = (): void => {};
  const started = new Promise<void>((resolve) => {
    hasStarted = resolve;
  });
  const run = (): Promise<string> =>
    new Promise((resolve) => {
      finish = resolve;
      hasStarted();
    });
  commands.register({ name: "slow", modern: [], module: "x", help: "", forms: [[]], run });
  const slow = '{"jsonrpc":"2.0","id":1,"method":"slow"}';
  const pending = send(port, { body: slow });
  await started;
  const closed = http.close(1000);
  finish("done");
  assert.equal(JSON.parse((await pending).body).result, "done");
  await closed;
  assert.equal(http.address, undefined);
  clock.advance(2000);
});

test("settings that would open the interface to strangers are refused (S-15)", () => {
  const base = { ...MI_HTTP_DEFAULTS };
  assert.deepEqual(checkMiHttp(base), []);
  assert.deepEqual(checkMiHttp({ ...base, ip: "::1" }), []);
  assert.equal(checkMiHttp({ ...base, ip: "0.0.0.0" }).length, 1);
  assert.equal(checkMiHttp({ ...base, ip: "192.0.2.1" }).length, 1);
  assert.deepEqual(checkMiHttp({ ...base, ip: "192.0.2.1", token: "t" }), []);
  assert.deepEqual(checkMiHttp({ ...base, ip: "0.0.0.0", isInsecureAllowed: true }), []);
  assert.equal(checkMiHttp({ ...base, ip: "localhost" }).length, 1);
  assert.equal(checkMiHttp({ ...base, port: 70_000 }).length, 1);
});

test("a taken port says which setting to change", async () => {
  const { port } = await listen();
  await assert.rejects(listen({ port }), (error: unknown) => {
    assert.ok(error instanceof DialoomError);
    assert.equal(error.code, "DIALOOM_LISTEN_FAILED");
    assert.match(error.message, /127\.0\.0\.1:\d+: another process listens there.*--mi or DIALOOM_MI/);
    return true;
  });
});
