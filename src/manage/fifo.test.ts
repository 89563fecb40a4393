// The pipe as clients use it: real pipes in a folder of their own.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DialoomError, Outbox, Statistics, silentLog, Timers } from "../kit/index.ts";
import { eventually } from "../testing/index.ts";
import { FifoParser, isReplyName } from "./fifo-parser.ts";
import { Commands, integer, Listing, MiFifo, text } from "./index.ts";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "dialoom-fifo-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

interface Bench {
  readonly fifo: MiFifo;
  readonly path: string;
  readonly statistics: Statistics;
  readonly timers: Timers;
  end(): Promise<void>;
}

/** A pipe on the machine's clock: pipes know no other. */
async function open(name: string): Promise<Bench> {
  let handle: NodeJS.Timeout | undefined;
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const timers: Timers = new Timers(
    clock,
    {
      set: (at) => {
        clearTimeout(handle);
        if (at !== Number.POSITIVE_INFINITY) handle = setTimeout(() => timers.run(), Math.max(0, at - clock.monotonic()));
      },
    },
    (error) => assert.fail(String(error)),
  );
  const statistics = new Statistics();
  const outbox = new Outbox(
    (run) => setImmediate(run),
    (error) => assert.fail(String(error)),
  );
  const commands = new Commands({ clock, timers, log: silentLog });
  const add = (method: string, run: Parameters<Commands["register"]>[0]["run"]): void =>
    commands.register({
      name: method,
      modern: [],
      module: "test",
      help: "",
      forms: [[], [text("word")], [integer("count"), text("word")]],
      run,
    });
  add("echo", (args) => args.text("word") ?? "nothing");
  add("later", async () => "in time");
  add(
    "many",
    () =>
      new Listing(
        "Items",
        Array.from({ length: 20_000 }, (_, id) => ({ id, text: "x".repeat(40) })),
      ),
  );
  const path = join(folder, name);
  const settings = { path, mode: 0o600, user: undefined, group: undefined, replyDir: folder };
  const fifo = new MiFifo({ commands, settings, outbox, timers, statistics, log: silentLog });
  await fifo.listen();
  return {
    fifo,
    path,
    statistics,
    timers,
    end: async () => {
      await fifo.close();
      clearTimeout(handle);
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  assert.equal(await eventually(() => Promise.resolve(isSo()), Boolean), true);
}

/** Whether somebody reads from the pipe. */
function isRead(path: string): boolean {
  try {
    write(path, "");
    return true;
  } catch {
    return false;
  }
}

let replies = 0;

/** What the reference's client does: makes its own pipe, writes, reads one line. */
async function ask(path: string, request: string, name = `reply_${replies++}`): Promise<string> {
  const reply = join(folder, name);
  execFileSync("mkfifo", [reply]);
  const fd = openSync(reply, constants.O_RDWR | constants.O_NONBLOCK);
  const socket = new Socket({ fd, readable: true, writable: false });
  let text = "";
  const line = new Promise<string>((resolve) => {
    socket.on("data", (bytes: Buffer) => {
      text += bytes.toString("utf8");
      if (text.endsWith("\n")) resolve(text);
    });
  });
  write(path, `:${name}:${request}`);
  const answer = await line;
  socket.destroy();
  unlinkSync(reply);
  return answer;
}

function write(path: string, text: string): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  writeSync(fd, text);
  new Socket({ fd, readable: false, writable: true }).destroy();
}

test("a request on the pipe is answered with one line in the client's pipe (MQ-2, MQ-3)", async () => {
  const bench = await open("one");
  assert.equal(statSync(bench.path).mode & 0o777, 0o600);
  const answer = await ask(bench.path, '{"jsonrpc":"2.0","id":"7","method":"echo","params":["J\u00f6rg"]}');
  assert.equal(answer, '{"jsonrpc":"2.0","result":"Jörg","id":"7"}\n');
  assert.equal(await ask(bench.path, '{"jsonrpc":"2.0","id":1,"method":"later"}'), '{"jsonrpc":"2.0","result":"in time","id":1}\n');
  await bench.end();
  assert.equal(existsSync(bench.path), false, "the pipe goes with us");
});

test("a client that only opens and closes disturbs nobody, and a long reply comes whole (MQ-4)", async () => {
  const bench = await open("two");
  write(bench.path, "");
  const many = await ask(bench.path, '{"jsonrpc":"2.0","id":1,"method":"many"}');
  const parsed: unknown = JSON.parse(many);
  assert.equal(many.indexOf("\n"), many.length - 1, "one line");
  assert.equal(JSON.stringify(parsed).includes('"id":19999'), true);
  await bench.end();
});

test("a reply never leaves its folder, and goes to nothing but a pipe (MQ-3)", async () => {
  const bench = await open("three");
  const refused = (): number => bench.statistics.find("mi:fifo_refused")?.read() ?? Number.NaN;
  write(bench.path, ':../three:{"jsonrpc":"2.0","id":1,"method":"echo"}');
  await until(() => refused() === 1);
  writeFileSync(join(folder, "plain"), "untouched");
  symlinkSync(bench.path, join(folder, "link"));
  write(bench.path, ':plain:{"jsonrpc":"2.0","id":1,"method":"echo"}:link:{"jsonrpc":"2.0","id":1,"method":"echo"}');
  await until(() => bench.statistics.find("mi:fifo_requests")?.read() === 3);
  assert.equal(statSync(join(folder, "plain")).size, "untouched".length);
  assert.equal(await ask(bench.path, '{"jsonrpc":"2.0","id":1,"method":"echo"}'), '{"jsonrpc":"2.0","result":"nothing","id":1}\n');
  await bench.end();
});

test("a pipe left by a former process is made anew; anything else in its place refuses the start (MQ-5)", async () => {
  const path = join(folder, "four");
  execFileSync("mkfifo", [path]);
  chmodSync(path, 0o666);
  const bench = await open("four");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  unlinkSync(path);
  bench.fifo.onTimer(0);
  await until(() => isRead(path));
  assert.equal(await ask(path, '{"jsonrpc":"2.0","id":1,"method":"echo"}'), '{"jsonrpc":"2.0","result":"nothing","id":1}\n');
  await bench.end();
  writeFileSync(join(folder, "five"), "a file");
  await assert.rejects(open("five"), (error) => error instanceof DialoomError && error.message.includes("no pipe"));
  // what mkfifo says, not how it was called
  await assert.rejects(
    open("no/such/six"),
    (error) => error instanceof DialoomError && /use the pipe .*six: mkfifo: [^\n]*$/.test(error.message),
  );
});

test("requests are cut out of whatever comes, in pieces of any size (MQ-2)", () => {
  const wire = 'noise\n:a:{"x":"}:b{\\"","y":[{}]}  :: :b: {"z":1}\nrest:c:nothing:d:[1]';
  const whole = new FifoParser().feed(wire);
  assert.deepEqual(whole, [
    { replyName: "a", json: '{"x":"}:b{\\"","y":[{}]}' },
    { replyName: "b", json: '{"z":1}' },
    { replyName: "d", json: "[1]" },
  ]);
  const parser = new FifoParser();
  assert.deepEqual(
    [...wire].flatMap((character) => parser.feed(character)),
    whole,
  );
  assert.equal(parser.isWithin, false);
});

test("what never ends is dropped, and hostile input takes no more than linear time", () => {
  const parser = new FifoParser();
  parser.feed(':a:{"x":');
  assert.equal(parser.isWithin, true);
  parser.reset();
  assert.deepEqual(parser.feed(':b:{"y":2}'), [{ replyName: "b", json: '{"y":2}' }]);
  parser.feed(`:a:{"${"x".repeat(70_000)}`);
  assert.deepEqual([parser.dropped, parser.isWithin], [1, false]);
  const startedAt = process.cpuUsage().user;
  for (const text of [":".repeat(500_000), ":a".repeat(250_000), `:a:${" ".repeat(500_000)}`, ":a:{".repeat(10_000)])
    new FifoParser().feed(text);
  const drop = new FifoParser();
  for (let i = 0; i < 60_000; i++) drop.feed(i === 0 ? ":a:" : " ");
  assert.ok(process.cpuUsage().user - startedAt < 2_000_000);
});

test("names of reply pipes hold nothing that leads elsewhere", () => {
  for (const name of ["", ".", "..", "a/b", "a\\b", "a.b", "a b", "a\0", "x".repeat(129), "\u00e9"])
    assert.equal(isReplyName(name), false, name);
  assert.equal(isReplyName("opensips_fifo_reply_1234_1700000000_123"), true);
});
