import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { DialoomError } from "../kit/index.ts";
import { startServer } from "./dialoom.ts";
import { Server } from "./server.ts";
import { readSettings } from "./settings.ts";

const QUIET = { logLevel: "silent" } as const;

async function freePhone(): Promise<{
  port: number;
  received: string[];
  send(text: string, port: number): void;
  next(): Promise<string>;
  close(): void;
}> {
  const socket = createSocket("udp4");
  const received: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  socket.on("message", (bytes) => {
    const text = bytes.toString("latin1");
    const waiter = waiting.shift();
    if (waiter === undefined) received.push(text);
    else waiter(text);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    port: socket.address().port,
    received,
    send: (text, port) => socket.send(Buffer.from(text, "latin1"), port, "127.0.0.1"),
    next: () => {
      const first = received.shift();
      return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
    },
    close: () => socket.close(),
  };
}

function invite(from: number, to: number): string {
  return [
    `INVITE sip:bob@127.0.0.1:${to} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${from};branch=z9hG4bK-1;rport`,
    "Max-Forwards: 70",
    "From: <sip:alice@example.com>;tag=a",
    "To: <sip:bob@example.com>",
    "Call-ID: drain@test",
    "CSeq: 1 INVITE",
    `Contact: <sip:alice@127.0.0.1:${from}>`,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}

test("every socket that cannot be bound is named, with the setting to change", async () => {
  const udp = createSocket("udp4");
  udp.bind(0, "127.0.0.1");
  await once(udp, "listening");
  const tcp = createServer().listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const tcpAddress = tcp.address();
  assert.ok(typeof tcpAddress === "object" && tcpAddress !== null);
  const server = new Server(
    readSettings({
      ...QUIET,
      listen: [`udp:127.0.0.1:${udp.address().port}`, `tcp:127.0.0.1:${tcpAddress.port}`, "udp:127.0.0.1:0"],
      mi: `127.0.0.1:${tcpAddress.port}`,
    }),
  );
  await assert.rejects(server.listen(), (error) => {
    assert.ok(error instanceof DialoomError);
    assert.equal(error.code, "DIALOOM_LISTEN_FAILED");
    assert.equal(error.problems.length, 3, error.message);
    assert.match(error.message, /listen/);
    assert.match(error.message, /DIALOOM_MI|mi/);
    return true;
  });
  assert.deepEqual(server.listeners, []);
  await server.close();
  udp.close();
  tcp.close();
});

test("a Request-URI that leads nowhere is its sender's mistake: 416 or 478, and nothing is logged", async () => {
  const alice = await freePhone();
  const lines: unknown[] = [];
  const write = (fields: object): number => lines.push(fields);
  const log = { error: write, warn: write, info: () => {}, debug: () => {} };
  const server = await startServer({ log, listen: ["udp:127.0.0.1:0"] });
  const port = Number(server.listeners[0]?.split(":").pop());
  // a number is understood, but it names no place to send to
  for (const [uri, status] of [
    ["foo:bar", 416],
    ["urn:service:sos", 416],
    ["tel:+123", 478],
  ] as const) {
    alice.send(
      invite(alice.port, 1).replace("sip:bob@127.0.0.1:1 ", `${uri} `).replaceAll("drain@test", uri).replace("bK-1", `bK-${uri.length}`),
      port,
    );
    assert.ok((await nextFinal(alice, uri)).startsWith(`SIP/2.0 ${status} `));
  }
  assert.deepEqual(lines, []);
  await server.close();
  alice.close();
});

test("a target that is no URI is refused at the start", async () => {
  await assert.rejects(startServer({ ...QUIET, listen: ["udp:127.0.0.1:0"] }, "hello"), /--to: "hello" is no SIP URI/);
});

test("two servers run side by side in one process", async () => {
  const one = await startServer({ ...QUIET, listen: ["udp:127.0.0.1:0"], mi: "127.0.0.1:0" });
  const two = await startServer({ ...QUIET, listen: ["udp:127.0.0.1:0"], mi: "127.0.0.1:0" });
  assert.notEqual(one.listeners[0], two.listeners[0]);
  assert.notEqual(one.mi?.port, two.mi?.port);
  await Promise.all([one.close(), two.close()]);
});

test("at the end new calls are turned away, and a ringing one is waited for and gets its answer", async () => {
  const alice = await freePhone();
  const bob = await freePhone();
  const server = await startServer({ ...QUIET, listen: ["udp:127.0.0.1:0"] });
  const port = Number(server.listeners[0]?.split(":").pop());
  alice.send(invite(alice.port, bob.port), port);
  const forwarded = await bob.next();
  assert.match(forwarded, /^INVITE /);
  const closing = server.close();
  alice.send(invite(alice.port, bob.port).replaceAll("drain@test", "late@test").replace("bK-1", "bK-2"), port);
  const refused = await nextFinal(alice, "late@test");
  assert.match(refused, /^SIP\/2\.0 503 Service Unavailable\r\n/);
  assert.match(refused, /Retry-After: 5\r\n/);
  const kept = forwarded.split("\r\n").filter((line) => /^(Via|Record-Route|From|Call-ID|CSeq):/.test(line));
  bob.send(["SIP/2.0 200 OK", ...kept, "To: <sip:bob@example.com>;tag=b", "Content-Length: 0", "", ""].join("\r\n"), port);
  assert.match(await nextFinal(alice, "drain@test"), /^SIP\/2\.0 200 OK\r\n/);
  await closing;
  alice.close();
  bob.close();
});

test("a call that nobody answers in time is told so at the end", async () => {
  const alice = await freePhone();
  const bob = await freePhone();
  const server = await startServer({ ...QUIET, listen: ["udp:127.0.0.1:0"] });
  const port = Number(server.listeners[0]?.split(":").pop());
  alice.send(invite(alice.port, bob.port), port);
  await bob.next();
  const closing = server.close();
  assert.match(await nextFinal(alice, "drain@test"), /^SIP\/2\.0 503 /);
  await closing;
  alice.close();
  bob.close();
});

async function nextFinal(phone: { next(): Promise<string> }, callId: string): Promise<string> {
  for (;;) {
    const text = await phone.next();
    if (text.includes(callId) && !text.startsWith("SIP/2.0 1")) return text;
  }
}
