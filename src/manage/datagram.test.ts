// Real datagrams on ports that the system chooses.
import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { test } from "node:test";
import { DialoomError, Outbox, Statistics, silentLog, Timers } from "../kit/index.ts";
import { TestClock } from "../testing/index.ts";
import { Commands, DatagramEvents, EventBus, Listing, MiDatagram, parseMiDatagram } from "./index.ts";

interface Client {
  readonly socket: Socket;
  readonly port: number;
  next(): Promise<string>;
}

async function client(): Promise<Client> {
  const socket = createSocket("udp4");
  const received: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  socket.on("message", (bytes) => {
    const text = bytes.toString("utf8");
    const first = waiting.shift();
    if (first === undefined) received.push(text);
    else first(text);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const next = (): Promise<string> => {
    const text = received.shift();
    return text === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(text);
  };
  return { socket, port: socket.address().port, next };
}

function parts() {
  const clock = new TestClock();
  const outbox = new Outbox(
    (run) => setImmediate(run),
    (error) => assert.fail(String(error)),
  );
  return { clock, outbox, statistics: new Statistics(), timers: new Timers(clock, clock, () => {}) };
}

function commandsOf({ clock, timers }: ReturnType<typeof parts>): Commands {
  const commands = new Commands({ clock, timers, log: silentLog });
  const add = (name: string, run: Parameters<Commands["register"]>[0]["run"]): void =>
    commands.register({ name, modern: [], module: "test", help: "", forms: [[]], run });
  add("hello", () => "J\u00f6rg");
  add("later", async () => ({ Code: 200 }));
  let walked = 0;
  add("walked", () => walked);
  add("many", () => {
    function* items(): Generator<string> {
      for (; walked < 100_000; walked++) yield "x".repeat(100);
    }
    return new Listing("Items", items());
  });
  return commands;
}

test("one request in a datagram is answered to its sender; what is no JSON as well (MD-1)", async () => {
  const bench = parts();
  const mi = new MiDatagram({ commands: commandsOf(bench), settings: { ip: "127.0.0.1", port: 0 }, log: silentLog, ...bench });
  await mi.listen();
  const { port } = mi.address ?? { port: 0 };
  const { socket, next } = await client();
  const ask = (text: string): Promise<string> => {
    socket.send(text, port, "127.0.0.1");
    return next();
  };
  assert.equal(await ask('{"jsonrpc":"2.0","id":1,"method":"hello"}'), '{"jsonrpc":"2.0","result":"Jörg","id":1}');
  assert.equal(await ask('{"jsonrpc":"2.0","id":2,"method":"later"}'), '{"jsonrpc":"2.0","result":{"Code":200},"id":2}');
  assert.equal(await ask("nonsense"), '{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}');
  assert.match(await ask('[{"jsonrpc":"2.0","id":2,"method":"hello"}]'), /-32600/);
  socket.send('{"jsonrpc":"2.0","method":"hello"}', port, "127.0.0.1");
  const long = await ask('{"jsonrpc":"2.0","id":"big","method":"many"}');
  assert.equal(
    long,
    '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Server error","data":"The reply is too long for a datagram"},"id":"big"}',
    "a notification before it is not answered",
  );
  const walked: unknown = JSON.parse(await ask('{"jsonrpc":"2.0","id":3,"method":"walked"}'));
  assert.ok(
    typeof walked === "object" && walked !== null && Number(Reflect.get(walked, "result")) < 1000,
    "the list was not walked to its end",
  );
  const second = new MiDatagram({ commands: commandsOf(bench), settings: { ip: "127.0.0.1", port }, log: silentLog, ...bench });
  await assert.rejects(second.listen(), (error) => error instanceof DialoomError && error.message.includes(`udp:127.0.0.1:${port}`));
  await mi.close();
  socket.close();
});

test("only udp:ip:port is an address for the datagram interface (MD-2)", () => {
  assert.deepEqual(parseMiDatagram("udp:127.0.0.1:8080"), { ip: "127.0.0.1", port: 8080 });
  assert.deepEqual(parseMiDatagram("UDP:[::1]:0"), { ip: "::1", port: 0 });
  for (const text of ["/run/opensips.sock", "unix:/run/x", "udp:name:1", "udp:1.2.3.4", "udp:1.2.3.4:", "udp:1.2.3.4:99999"])
    assert.equal(parseMiDatagram(text), undefined, text);
});

test("events reach a subscriber as datagrams, in order (EV-5, EV-6)", async () => {
  const bench = parts();
  const bus = new EventBus({ ...bench, log: silentLog });
  const transport = new DatagramEvents(silentLog);
  bus.addTransport(transport);
  const { socket, port, next } = await client();
  bus.define("E_A");
  assert.equal(bus.subscribe("E_A", `udp:127.0.0.1:${port}`, 0), undefined);
  for (const socketText of ["udp:", "udp:1.2.3.4", "udp:1.2.3.4:0", "udp:a b:5", "udp:1.2.3.4:70000"])
    assert.equal(typeof bus.subscribe("E_A", socketText, 0), "string", socketText);
  bus.raise("E_A", [["n", 1]]);
  bus.raise("E_A", [["n", 2]]);
  assert.equal(await next(), '{"jsonrpc":"2.0","method":"E_A","params":{"n":1}}');
  assert.equal(await next(), '{"jsonrpc":"2.0","method":"E_A","params":{"n":2}}');
  bus.raise("E_A", [["long", "x".repeat(70_000)]]);
  bus.raise("E_A", [["n", 3]]);
  assert.equal(await next(), '{"jsonrpc":"2.0","method":"E_A","params":{"n":3}}');
  assert.equal(bench.statistics.find("evi:failed")?.read(), 1, "what does not fit is counted");
  transport.close();
  socket.close();
});
