import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DatagramHandler, DatagramSocket, StreamConnection, StreamHandler, StreamServer } from "../ports.ts";
import { NodeNetwork } from "./network.ts";

const network = new NodeNetwork();
const hasIpv6 = network.interfaces().some((one) => one.ip === "::1");

/** Collects events and lets a test wait for one. */
class Inbox<T> {
  readonly all: T[] = [];
  #waiting: ((item: T) => void)[] = [];

  push(item: T): void {
    this.all.push(item);
    for (const wake of this.#waiting.splice(0)) wake(item);
  }

  next(): Promise<T> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

interface Heard {
  text: string;
  ip: string;
  port: number;
}

async function datagram(ip: string, port = 0) {
  const heard = new Inbox<Heard>();
  const failed = new Inbox<string>();
  const on: DatagramHandler = {
    datagram: (text, fromIp, fromPort) => heard.push({ text, ip: fromIp, port: fromPort }),
    sendFailed: (code, toIp, toPort) => failed.push(`${code} ${toIp} ${toPort}`),
    failed: (code) => failed.push(code),
  };
  const socket: DatagramSocket = await network.bindDatagram({ ip, port, receiveBuffer: 1 << 16 }, on);
  return { socket, heard, failed };
}

describe("UDP", () => {
  for (const ip of ["127.0.0.1", "::1"]) {
    test(`every byte survives, and the real port is known (${ip})`, { skip: ip.includes(":") && !hasIpv6 }, async () => {
      const a = await datagram(ip);
      const b = await datagram(ip);
      assert.ok(a.socket.port > 0 && a.socket.port !== b.socket.port);
      const text = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
      const arrival = b.heard.next();
      a.socket.send(text, ip, b.socket.port, undefined, 0);
      assert.deepEqual(await arrival, { text, ip, port: a.socket.port });
      assert.equal(a.socket.queuedBytes, 0);
      a.socket.close();
      b.socket.close();
    });
  }

  test("datagrams leave in the order of the calls", async () => {
    const a = await datagram("127.0.0.1");
    const b = await datagram("127.0.0.1");
    for (let i = 0; i < 50; i++) a.socket.send(`m${i}`, "127.0.0.1", b.socket.port, undefined, 0);
    while (b.heard.all.length < 50) await b.heard.next();
    assert.deepEqual(
      b.heard.all.map((one) => one.text),
      Array.from({ length: 50 }, (_, i) => `m${i}`),
    );
    a.socket.close();
    b.socket.close();
  });

  test("a send that the system refuses is told to the handler and to its own observer, not to others", async () => {
    const a = await datagram("127.0.0.1");
    const told: string[] = [];
    const observer = (name: string) => ({ sendFailed: (code: string) => void told.push(`${name} ${code}`) });
    const failure = a.failed.next();
    a.socket.send("fine", "127.0.0.1", a.socket.port, observer("first"), 0);
    a.socket.send("x".repeat(70_000), "127.0.0.1", 9, observer("second"), 0);
    a.socket.send("fine", "127.0.0.1", a.socket.port, observer("third"), 0);
    assert.match(await failure, /^EMSGSIZE 127\.0\.0\.1 9$/);
    while (a.heard.all.length < 2) await a.heard.next();
    assert.deepEqual(told, ["second EMSGSIZE"]);
    a.socket.close();
  });

  test("a closed socket says so", async () => {
    const a = await datagram("127.0.0.1");
    a.socket.close();
    a.socket.close();
    const told: string[] = [];
    a.socket.send("x", "127.0.0.1", 9, { sendFailed: (code) => void told.push(code) }, 0);
    assert.deepEqual(told, ["closed"]);
    assert.equal(a.socket.queuedBytes, 0);
  });

  test("a taken port is refused with its code", async () => {
    const a = await datagram("127.0.0.1");
    await assert.rejects(datagram("127.0.0.1", a.socket.port), { code: "EADDRINUSE" });
    a.socket.close();
  });

  test("an address that is not ours is refused with its code", async () => {
    await assert.rejects(datagram("203.0.113.99"), { code: "EADDRNOTAVAIL" });
  });
});

type StreamEvent = "connected" | "drained" | `data ${string}` | `closed ${string}`;

function handler() {
  const events = new Inbox<StreamEvent>();
  const on: StreamHandler = {
    connected: () => events.push("connected"),
    data: (text) => events.push(`data ${text}`),
    drained: () => events.push("drained"),
    closed: (code) => events.push(`closed ${code}`),
  };
  const received = (): string =>
    events.all
      .filter((event) => event.startsWith("data "))
      .map((event) => event.slice(5))
      .join("");
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await events.next();
  };
  return { on, events, received, until };
}

async function listen(ip: string, accept: (stream: StreamConnection) => StreamHandler | undefined): Promise<StreamServer> {
  return await network.listenStream(
    { transport: "tcp", ip, port: 0, backlog: 16, keepalive: true },
    { accepted: accept, failed: () => {} },
  );
}

function connect(ip: string, port: number, on: StreamHandler, timeoutMs = 2000): StreamConnection {
  return network.connectStream({ transport: "tcp", ip, port, localIp: ip, host: undefined, timeoutMs, keepalive: true }, on);
}

describe("TCP", () => {
  for (const ip of ["127.0.0.1", "::1"]) {
    test(`bytes both ways, and an orderly end (${ip})`, { skip: ip.includes(":") && !hasIpv6 }, async () => {
      const far = handler();
      let accepted: StreamConnection | undefined;
      const server = await listen(ip, (stream) => {
        accepted = stream;
        return far.on;
      });
      const near = handler();
      const stream = connect(ip, server.port, near.on);
      stream.write("before the connection stands ");
      await near.until(() => near.events.all.includes("connected"));
      stream.write("and after: \xe4\xff\0");
      const expected = "before the connection stands and after: \xe4\xff\0";
      await far.until(() => far.received().length >= expected.length);
      assert.equal(far.received(), expected);
      assert.equal(accepted?.remoteIp, ip);
      assert.equal(accepted?.localIp, ip);
      assert.equal(accepted?.localPort, server.port);
      accepted?.write("answer");
      await near.until(() => near.received() === "answer");
      assert.equal(stream.unsentBytes, 0);
      stream.end();
      await near.until(() => near.events.all.includes("closed undefined"));
      await far.until(() => far.events.all.includes("closed undefined"));
      server.close();
    });
  }

  test("a refused connection says so", async () => {
    const server = await listen("127.0.0.1", () => undefined);
    const { port } = server;
    server.close();
    const near = handler();
    connect("127.0.0.1", port, near.on);
    await near.until(() => near.events.all.length > 0);
    assert.deepEqual(near.events.all, ["closed ECONNREFUSED"]);
  });

  test("a connection that nobody wants is destroyed at once", async () => {
    const server = await listen("127.0.0.1", () => undefined);
    const near = handler();
    const stream = connect("127.0.0.1", server.port, near.on);
    stream.write("into the closed door");
    await near.until(() => near.events.all.some((event) => event.startsWith("closed")));
    server.close();
  });

  test("a full buffer is told, drains, and counts what has not left", async () => {
    const far = handler();
    let accepted: StreamConnection | undefined;
    const server = await listen("127.0.0.1", (stream) => {
      accepted = stream;
      return far.on;
    });
    const near = handler();
    const stream = connect("127.0.0.1", server.port, near.on);
    await near.until(() => near.events.all.includes("connected"));
    const piece = "x".repeat(1 << 20);
    let sent = 0;
    let isFull = false;
    while (!isFull) {
      isFull = !stream.write(piece);
      sent += piece.length;
    }
    assert.ok(stream.unsentBytes > 0 && stream.unsentBytes <= sent);
    await near.until(() => near.events.all.includes("drained"));
    assert.equal(stream.unsentBytes, 0);
    await far.until(() => far.received().length === sent);
    accepted?.destroy();
    await near.until(() => near.events.all.some((event) => event.startsWith("closed")));
    server.close();
  });

  test("a taken port is refused with its code, another transport with a word why", async () => {
    const server = await listen("127.0.0.1", () => undefined);
    const at = { transport: "tcp" as const, ip: "127.0.0.1", port: server.port, backlog: 1, keepalive: false };
    const on = { accepted: () => undefined, failed: () => {} };
    await assert.rejects(network.listenStream(at, on), { code: "EADDRINUSE" });
    await assert.rejects(network.listenStream({ ...at, transport: "tls" }, on), /not yet on tls/);
    server.close();
  });
});

describe("this machine", () => {
  test("has a loopback interface, and routes to it", () => {
    const loopback = network.interfaces().find((one) => one.ip === "127.0.0.1");
    assert.equal(loopback?.family, 4);
    assert.equal(network.routeTo("127.0.0.1"), "127.0.0.1");
  });

  test("knows localhost and not a name that cannot exist", async () => {
    assert.ok((await network.lookup("localhost")).length > 0);
    assert.deepEqual(await network.lookup("nosuch.invalid"), []);
  });
});
