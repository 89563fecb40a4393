import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SipRequest } from "../sip/index.ts";
import { TestClock } from "../testing/index.ts";
import { type Bench, bench, type FakeStream, request, response } from "./harness.ts";
import type { TransportSettings } from "./settings.ts";

const VIA = "SIP/2.0/TCP 198.51.100.1:5070;branch=z9hG4bK776asdhds";
const REQUEST = request({ via: VIA });

async function tcp(settings: Partial<TransportSettings> = {}): Promise<Bench & { clock: TestClock }> {
  const clock = new TestClock();
  return { ...(await bench(clock, ["tcp:192.0.2.7", "udp:192.0.2.7"], settings)), clock };
}

function observer() {
  const told: string[] = [];
  return { told, sendFailed: (why: string) => void told.push(why) };
}

/** An open connection that a peer made. */
function accepted(b: Bench, ip = "198.51.100.1", port = 40_000): FakeStream {
  const stream = b.network.accept(ip, port);
  assert.equal(stream.isDestroyed, false);
  return stream;
}

function data(stream: FakeStream, text: string): void {
  assert.ok(stream.handler);
  stream.handler.data(text);
}

describe("messages in over streams", () => {
  test("carry the connection they came by, the same source object every time", async () => {
    const b = await tcp();
    const stream = accepted(b);
    data(stream, REQUEST + REQUEST);
    assert.equal(b.above.messages.length, 2);
    const source = b.above.messages[0]?.source;
    assert.equal(source?.listener.transport, "tcp");
    assert.equal(source?.ip, "198.51.100.1");
    assert.equal(source?.port, 40_000);
    assert.ok(source !== undefined && source.flow > 0);
    assert.equal(b.above.messages[1]?.source, source);
    assert.equal(b.stat("core:rcv_requests"), 2);
    assert.equal(b.stat("net:tcp_connections"), 1);
  });

  test("CRLFCRLF is answered with CRLF, a single CRLF is not (T-24)", async () => {
    const b = await tcp();
    const stream = accepted(b);
    data(stream, "\r\n\r\n");
    assert.deepEqual(stream.written, ["\r\n"]);
    data(stream, "\r\n");
    assert.deepEqual(stream.written, ["\r\n"]);
    const silent = await tcp({ tcpCrlfPingpong: false });
    const one = accepted(silent);
    data(one, "\r\n\r\n");
    const dropping = await tcp({ tcpCrlfDrop: true });
    const two = accepted(dropping);
    data(two, "\r\n\r\n");
    assert.deepEqual([...one.written, ...two.written], []);
  });

  test("a fault that keeps the framing keeps the connection (X-05)", async () => {
    const b = await tcp();
    const stream = accepted(b);
    data(stream, REQUEST.replace("Call-ID", "X-Other") + REQUEST);
    b.clock.runDue();
    assert.equal(b.above.faults.length, 1);
    assert.equal(b.above.messages.length, 1);
    assert.equal(stream.isEnded, false);
  });

  for (const [name, text, status, classes] of [
    ["without Content-Length", REQUEST.replace(/Content-Length.*\r\n/, ""), 400, "X-11"],
    ["with a Content-Length that is no number", REQUEST.replace("Content-Length: 0", "Content-Length: zero"), 400, "X-10"],
    ["that claims 2 GB", REQUEST.replace("Content-Length: 0", "Content-Length: 2147483647"), 513, "L-01"],
    ["that claims a little more than we take", REQUEST.replace("Content-Length: 0", "Content-Length: 65535"), 513, "L-01"],
  ] as const) {
    test(`a message ${name} is answered ${status}, then the connection is half-closed, a second later gone`, async () => {
      const b = await tcp();
      const stream = accepted(b);
      b.above.onFault = (fault, source) => {
        assert.equal(fault.status, status);
        assert.equal(fault.class, classes);
        assert.equal(fault.close, true);
        b.layer.send("the answer", { ...b.to("tcp", source.ip, source.port, source.flow), reuseOnly: true });
      };
      data(stream, text + REQUEST);
      assert.equal(b.above.faults.length, 1);
      assert.equal(b.above.messages.length, 0, "nothing after the break is looked at (T-30)");
      assert.equal(stream.isEnded, false, "not before the answer has left");
      b.clock.runDue();
      assert.deepEqual(stream.written, ["the answer"]);
      assert.equal(stream.isEnded, true);
      data(stream, REQUEST);
      assert.equal(b.above.messages.length, 0);
      b.clock.advance(999);
      assert.equal(stream.isDestroyed, false);
      b.clock.advance(1);
      assert.equal(stream.isDestroyed, true);
      assert.equal(b.stat("net:tcp_connections"), 0);
    });
  }

  for (const [name, text] of [
    ["TLS on a TCP port", "\x16\x03\x01\x02\x00\x01"],
    ["HTTP", "GET / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 0\r\n\r\n"],
  ] as const) {
    test(`${name} closes the connection without an answer`, async () => {
      const b = await tcp();
      const stream = accepted(b);
      data(stream, text);
      b.clock.runDue();
      assert.equal(stream.isEnded, true);
      assert.deepEqual(stream.written, []);
      assert.equal(b.above.messages.length, 0);
    });
  }

  test("a head without end is cut off at the limit and answered 513", async () => {
    const b = await tcp();
    const stream = accepted(b);
    for (let i = 0; i < 20 && !stream.isEnded; i++) {
      data(stream, i === 0 ? REQUEST.slice(0, -4) : `\r\nX-Filler: ${"y".repeat(5000)}`);
      b.clock.runDue();
    }
    assert.equal(stream.isEnded, true);
    assert.equal(b.above.faults[0]?.fault.status, 513);
    assert.equal(b.timers.count, 1, "only the timer that destroys it");
  });
});

describe("clocks of a connection", () => {
  test("a message must be whole 4 s after its first byte, however it trickles (S-06)", async () => {
    const b = await tcp();
    const stream = accepted(b);
    for (let i = 0; i < 39; i++) {
      data(stream, REQUEST.charAt(i));
      b.clock.advance(100);
    }
    assert.equal(stream.isDestroyed, false);
    b.clock.advance(99);
    assert.equal(stream.isDestroyed, false);
    b.clock.advance(1);
    assert.equal(stream.isDestroyed, true);
    assert.equal(b.stat("net:tcp_connections"), 0);
    assert.equal(b.timers.count, 0);
  });

  test("the next message gets 4 s of its own, also when it began in the same piece", async () => {
    const b = await tcp();
    const stream = accepted(b);
    data(stream, REQUEST.slice(0, 50));
    b.clock.advance(3900);
    data(stream, REQUEST.slice(50) + REQUEST.slice(0, 50));
    b.clock.advance(3900);
    assert.equal(stream.isDestroyed, false);
    data(stream, REQUEST.slice(50));
    b.clock.advance(60_000);
    assert.equal(stream.isDestroyed, false);
    assert.equal(b.above.messages.length, 2);
  });

  test("an idle connection is closed after its lifetime, each read and write renews it", async () => {
    const b = await tcp();
    const stream = accepted(b);
    b.clock.advance(119_000);
    data(stream, "\r\n");
    b.clock.advance(119_000);
    b.layer.send("x", b.to("tcp", "198.51.100.1", 40_000));
    b.clock.advance(119_000);
    assert.equal(stream.isDestroyed, false);
    b.clock.advance(1_001);
    assert.equal(stream.isDestroyed, true);
    assert.equal(b.timers.count, 0);
  });

  test("a connection by which somebody registered may be idle as long as the registration", async () => {
    const b = await tcp();
    const stream = accepted(b);
    data(stream, REQUEST);
    const flow = b.above.messages[0]?.source.flow ?? 0;
    assert.equal(b.layer.keepOpen(flow, 600_000), true);
    assert.equal(b.layer.keepOpen(flow + 1, 600_000), false);
    b.clock.advance(500_000);
    data(stream, "\r\n");
    b.clock.advance(599_000);
    assert.equal(stream.isDestroyed, false);
    b.clock.advance(1_001);
    assert.equal(stream.isDestroyed, true);
    assert.equal(b.timers.count, 0);
  });

  test("our own pings go to connections that we opened, and a missing pong ends them (T-25)", async () => {
    const b = await tcp({ streamPingIntervalMs: 30_000 });
    const inbound = accepted(b);
    b.layer.send("x", b.to("tcp", "203.0.113.1", 5060));
    const [stream] = b.network.connects;
    assert.ok(stream);
    stream.handler?.connected();
    b.clock.advance(30_000);
    assert.deepEqual(stream.written, ["x", "\r\n\r\n"]);
    assert.deepEqual(inbound.written, []);
    b.clock.advance(5000);
    data(stream, "\r\n");
    b.clock.advance(25_000);
    assert.equal(stream.written.length, 3);
    b.clock.advance(9999);
    assert.equal(stream.isDestroyed, false);
    b.clock.advance(1);
    assert.equal(stream.isDestroyed, true);
  });
});

describe("messages out over streams", () => {
  test("a first message opens a connection from the listener's address, more wait with it and leave in order (T-27)", async () => {
    const b = await tcp();
    const to = b.to("tcp", "203.0.113.1", 5060);
    assert.equal(b.layer.send("one", to), "queued");
    assert.equal(b.layer.send("two", to), "queued");
    assert.equal(b.network.connects.length, 1);
    const [stream] = b.network.connects;
    assert.ok(stream);
    assert.equal(stream.target?.localIp, "192.0.2.7");
    assert.equal(stream.target?.timeoutMs, 3000);
    b.clock.runDue();
    assert.deepEqual(stream.written, []);
    assert.equal(b.stat("net:waiting_tcp"), 2);
    stream.handler?.connected();
    assert.deepEqual(stream.written, ["one", "two"]);
    assert.equal(b.stat("net:waiting_tcp"), 0);
    assert.equal(b.layer.send("three", to), "sent");
    assert.equal(stream.written.length, 2, "not before the end of the turn");
    b.clock.runDue();
    assert.deepEqual(stream.written, ["one", "two", "three"]);
    assert.equal(b.network.connects.length, 1);
  });

  test("a connection that a peer made is used for messages to its ephemeral port (T-19)", async () => {
    const b = await tcp();
    const stream = accepted(b);
    assert.equal(b.layer.send("x", b.to("tcp", "198.51.100.1", 40_000)), "sent");
    b.clock.runDue();
    assert.deepEqual(stream.written, ["x"]);
    assert.equal(b.network.connects.length, 0);
  });

  test("messages that come back on a connection we opened are received on its listener", async () => {
    const b = await tcp();
    b.layer.send("x", b.to("tcp", "203.0.113.1", 5060));
    const [stream] = b.network.connects;
    assert.ok(stream);
    stream.handler?.connected();
    data(stream, response("SIP/2.0/TCP 192.0.2.7;branch=z9hG4bK1"));
    assert.equal(b.above.messages[0]?.source.listener.name, "tcp:192.0.2.7:5060");
    assert.equal(b.above.messages[0]?.source.port, 5060);
  });

  test("a response goes over the connection of its request; when that is gone, to the sent-by port of the source (T-10, T-11)", async () => {
    const b = await tcp();
    const stream = accepted(b);
    data(stream, request({ via: "SIP/2.0/TCP pc.example.com:5075;rport;branch=z9hG4bKa" }));
    const received = b.above.messages[0];
    assert.ok(received?.message instanceof SipRequest);
    assert.equal(b.layer.respond("first", received.message, received.source), "sent");
    b.clock.runDue();
    assert.deepEqual(stream.written, ["first"]);
    stream.destroy();
    assert.equal(b.layer.respond("second", received.message, received.source), "queued");
    assert.equal(b.network.connects[0]?.target?.ip, "198.51.100.1");
    assert.equal(b.network.connects[0]?.target?.port, 5075);
    assert.equal(b.layer.respond("third", received.message, received.source, { isStateless: true }), "queued", "over the new one");
  });

  test("a stateless answer opens no connection (T-12), nor does a message that may not (T-21)", async () => {
    const b = await tcp();
    const stream = accepted(b);
    data(stream, REQUEST);
    const received = b.above.messages[0];
    assert.ok(received?.message instanceof SipRequest);
    stream.destroy();
    assert.equal(b.layer.respond("x", received.message, received.source, { isStateless: true }), "noConnection");
    assert.equal(b.layer.send("x", { ...b.to("tcp", "203.0.113.1", 5060), reuseOnly: true }), "noConnection");
    assert.equal(b.network.connects.length, 0);
  });

  test("a connection that goes between send and the end of the turn is replaced", async () => {
    const b = await tcp();
    const stream = accepted(b);
    const failed = observer();
    b.layer.send("x", b.to("tcp", "198.51.100.1", 40_000), failed);
    stream.destroy();
    b.clock.runDue();
    const [next] = b.network.connects;
    assert.ok(next);
    next.handler?.connected();
    assert.deepEqual(next.written, ["x"]);
    assert.deepEqual(failed.told, []);
  });

  test("a refused connect is told to everyone who waits, after the connection has left the table (T-22)", async () => {
    const b = await tcp();
    const to = b.to("tcp", "203.0.113.1", 5060);
    const first = observer();
    let retried = "";
    const second = {
      sendFailed: () => {
        retried = b.layer.send("again", to);
      },
    };
    b.layer.send("one", to, first);
    b.layer.send("two", to, second);
    b.clock.runDue();
    b.network.connects[0]?.handler?.closed("ECONNREFUSED");
    assert.deepEqual(first.told, ["ECONNREFUSED"]);
    assert.equal(retried, "queued");
    assert.equal(b.network.connects.length, 2);
    assert.equal(b.stat("net:stream_send_errors"), 2);
  });

  test("a reset fails what was not flushed, not what was (T-26)", async () => {
    const b = await tcp();
    const stream = accepted(b);
    const to = b.to("tcp", "198.51.100.1", 40_000);
    const flushed = observer();
    const stuck = observer();
    b.layer.send("flushed", to, flushed);
    b.clock.runDue();
    stream.isStuck = true;
    b.layer.send("stuck", to, stuck);
    b.clock.runDue();
    stream.handler?.closed("ECONNRESET");
    assert.deepEqual(flushed.told, []);
    assert.deepEqual(stuck.told, ["ECONNRESET"]);
  });

  test("a slow reader: messages wait in order, at most 32, then the connection is destroyed and all are told (S-06)", async () => {
    const b = await tcp();
    const stream = accepted(b);
    const to = b.to("tcp", "198.51.100.1", 40_000);
    stream.isStuck = true;
    b.layer.send("fills the buffer", to);
    b.clock.runDue();
    for (let i = 0; i < 5; i++) b.layer.send(`m${i}`, to);
    b.clock.runDue();
    assert.equal(stream.written.length, 1);
    stream.drain();
    assert.deepEqual(stream.written.slice(1), ["m0", "m1", "m2", "m3", "m4"]);
    stream.isStuck = true;
    b.layer.send("fills it again", to);
    b.clock.runDue();
    const waiting = observer();
    for (let i = 0; i < 33; i++) b.layer.send(`n${i}`, to, waiting);
    b.clock.runDue();
    assert.equal(stream.isDestroyed, true);
    assert.equal(waiting.told.length, 33);
    assert.ok(waiting.told.every((why) => why === "overflow"));
  });

  test("a slow reader: a megabyte waits, no more", async () => {
    const b = await tcp({ tcpMaxQueuedMessages: 1000 });
    const stream = accepted(b);
    const to = b.to("tcp", "198.51.100.1", 40_000);
    stream.isStuck = true;
    const big = "x".repeat(60_000);
    for (let i = 0; i < 18; i++) b.layer.send(big, to);
    b.clock.runDue();
    assert.equal(stream.isDestroyed, false);
    b.layer.send(big, to);
    b.clock.runDue();
    assert.equal(stream.isDestroyed, true);
  });

  test("a buffer that stays full for 3 s ends the connection", async () => {
    const b = await tcp();
    const stream = accepted(b);
    stream.isStuck = true;
    const failed = observer();
    b.layer.send("x", b.to("tcp", "198.51.100.1", 40_000), failed);
    b.clock.advance(2999);
    assert.equal(stream.isDestroyed, false);
    b.clock.advance(1);
    assert.equal(stream.isDestroyed, true);
    assert.deepEqual(failed.told, ["slow reader"]);
  });

  test("a connection that is only written to does not collect observers", async () => {
    const b = await tcp();
    const stream = accepted(b);
    const failed = observer();
    for (let i = 0; i < 1000; i++) b.layer.send(`m${i}`, b.to("tcp", "198.51.100.1", 40_000), failed);
    b.clock.runDue();
    stream.handler?.closed("ECONNRESET");
    assert.deepEqual(failed.told, [], "all of them had left");
  });

  for (const [why, ip, port] of [
    ["broadcast", "255.255.255.255", 5060],
    ["multicast", "224.0.1.75", 5060],
    ["nowhere", "0.0.0.0", 5060],
    ["a name", "example.com", 5060],
    ["no port", "203.0.113.1", 0],
    ["the other family", "2001:db8::1", 5060],
  ] as const) {
    test(`${why} is unreachable at once`, async () => {
      const b = await tcp();
      assert.equal(b.layer.send("x", b.to("tcp", ip, port)), "unreachable");
      assert.equal(b.network.connects.length, 0);
    });
  }
});

describe("bounds of connections (S-06)", () => {
  test("a flood from one address is refused beyond 128, others still get in", async () => {
    const b = await tcp();
    const streams = Array.from({ length: 500 }, (_, i) => b.network.accept("198.51.100.1", 10_000 + i));
    assert.equal(streams.filter((stream) => !stream.isDestroyed).length, 128);
    assert.equal(b.stat("net:tcp_rejected"), 372);
    assert.equal(b.stat("net:tcp_connections"), 128);
    assert.equal(b.logged.filter((one) => one.level === "warn").length, 1, "one line, not 372");
    accepted(b, "198.51.100.2", 10_000);
    streams[0]?.destroy();
    accepted(b, "198.51.100.1", 20_000);
  });

  test("a flood from many addresses is refused beyond the total", async () => {
    const b = await tcp({ tcpMaxConnections: 50 });
    const streams = Array.from({ length: 200 }, (_, i) => b.network.accept(`198.51.100.${i}`, 10_000));
    assert.equal(streams.filter((stream) => !stream.isDestroyed).length, 50);
    for (const stream of streams) stream.destroy();
    assert.equal(b.stat("net:tcp_connections"), 0);
    assert.equal(b.timers.count, 0);
    accepted(b);
  });

  test("connections that we open are bounded as well", async () => {
    const b = await tcp({ tcpMaxConnections: 3 });
    const results = [1, 2, 3, 4].map((i) => b.layer.send("x", b.to("tcp", `203.0.113.${i}`, 5060)));
    assert.deepEqual(results, ["queued", "queued", "queued", "noConnection"]);
  });
});

describe("many messages at once", () => {
  const MANY = Array.from({ length: 300 }, (_, i) => request({ via: VIA, callId: `call-${i}` })).join("");
  const seen = (b: Bench): string[] => b.above.messages.map(({ message, source }) => `${source.ip} ${message.callId}`);

  test("the loop gets a turn after 64 messages, reading stops meanwhile, nothing is lost or reordered", async () => {
    const b = await tcp();
    const stream = accepted(b);
    data(stream, MANY);
    assert.equal(b.above.messages.length, 64);
    assert.equal(stream.isPaused, true);
    data(stream, request({ via: VIA, callId: "last" }));
    assert.equal(b.above.messages.length, 64);
    b.clock.advance(20);
    assert.equal(b.above.messages.length, 301);
    assert.equal(stream.isPaused, false);
    assert.deepEqual(seen(b), [...Array.from({ length: 300 }, (_, i) => `198.51.100.1 call-${i}`), "198.51.100.1 last"]);
    b.clock.advance(4001);
    assert.equal(stream.isDestroyed, false);
  });

  test("connections take turns", async () => {
    const b = await tcp();
    const first = accepted(b, "198.51.100.1");
    const second = accepted(b, "198.51.100.2");
    data(first, MANY);
    data(second, MANY);
    b.clock.advance(20);
    assert.equal(b.above.messages.length, 600);
    const order = b.above.messages.map(({ source }) => source.ip);
    const half = order.slice(0, 300).filter((ip) => ip === "198.51.100.2").length;
    assert.ok(half > 100, `the second had ${half} of the first 300`);
  });

  test("a peer that sends and goes is heard to the end", async () => {
    const b = await tcp();
    const stream = accepted(b);
    data(stream, MANY);
    stream.handler?.closed(undefined);
    assert.equal(b.above.messages.length, 300);
    b.clock.advance(20);
    assert.equal(b.timers.count, 0);
    assert.equal(b.stat("net:tcp_connections"), 0);
  });

  test("a connection destroyed while it waits for its turn says nothing more", async () => {
    const b = await tcp();
    const stream = accepted(b);
    data(stream, MANY);
    stream.isStuck = true;
    b.layer.send("x", b.to("tcp", "198.51.100.1", 40_000));
    for (let i = 0; i < 40; i++) b.layer.send("y", b.to("tcp", "198.51.100.1", 40_000));
    b.outbox.flush();
    assert.equal(stream.isDestroyed, true);
    b.clock.advance(20);
    assert.equal(b.above.messages.length, 64);
    assert.equal(b.timers.count, 0);
  });
});

describe("aliases (T-19)", () => {
  const ALIASED = request({ via: `${VIA};alias` });

  test("are not honoured by default", async () => {
    const b = await tcp();
    data(accepted(b), ALIASED);
    assert.equal(b.layer.send("x", b.to("tcp", "198.51.100.1", 5070)), "queued");
    assert.equal(b.network.connects.length, 1);
  });

  test("make the connection reachable under the Via port of its peer", async () => {
    const b = await tcp({ tcpAcceptAliases: true });
    const stream = accepted(b);
    data(stream, ALIASED);
    assert.equal(b.layer.send("x", b.to("tcp", "198.51.100.1", 5070)), "sent");
    b.clock.runDue();
    assert.deepEqual(stream.written, ["x"]);
    stream.destroy();
    assert.equal(b.layer.send("x", b.to("tcp", "198.51.100.1", 5070)), "queued");
  });

  test("do not displace a live connection", async () => {
    const b = await tcp({ tcpAcceptAliases: true });
    const first = accepted(b, "198.51.100.1", 5070);
    const second = accepted(b, "198.51.100.1", 40_001);
    data(second, ALIASED);
    b.layer.send("x", b.to("tcp", "198.51.100.1", 5070));
    b.clock.runDue();
    assert.deepEqual(first.written, ["x"]);
    assert.deepEqual(second.written, []);
  });

  test("can be forced for one request", async () => {
    const b = await tcp();
    const stream = accepted(b);
    data(stream, REQUEST);
    const received = b.above.messages[0];
    assert.ok(received?.message instanceof SipRequest);
    assert.equal(b.layer.aliasConnection(received.source, received.message.topVia), true);
    assert.equal(b.layer.send("x", b.to("tcp", "198.51.100.1", 5070)), "sent");
    stream.destroy();
    assert.equal(b.layer.aliasConnection(received.source, received.message.topVia), false);
  });
});

describe("closing", () => {
  test("lets leave what was queued, says goodbye, and is done when the last connection is", async () => {
    const b = await tcp();
    const polite = accepted(b, "198.51.100.1", 40_000);
    const stubborn = accepted(b, "198.51.100.2", 40_000);
    b.layer.send("last words", b.to("tcp", "198.51.100.1", 40_000));
    b.layer.send("also by UDP", b.to("udp", "198.51.100.1", 5060));
    let isDone = false;
    const closing = b.layer.close().then(() => {
      isDone = true;
    });
    assert.equal(b.network.servers[0]?.isClosed, true);
    assert.equal(b.network.accept("198.51.100.3", 40_000).isDestroyed, true);
    b.clock.runDue();
    assert.deepEqual(polite.written, ["last words"]);
    assert.equal(b.network.datagrams[0]?.sent.length, 1);
    assert.equal(b.network.datagrams[0]?.isClosed, true);
    assert.equal(polite.isEnded && stubborn.isEnded, true);
    polite.handler?.closed(undefined);
    await Promise.resolve();
    assert.equal(isDone, false);
    b.clock.advance(1000);
    await closing;
    assert.equal(stubborn.isDestroyed, true);
    assert.equal(b.timers.count, 0);
    assert.equal(b.layer.send("too late", b.to("tcp", "198.51.100.1", 40_000)), "unreachable");
  });

  test("a connection still being opened is given up", async () => {
    const b = await tcp();
    const failed = observer();
    b.layer.send("x", b.to("tcp", "203.0.113.1", 5060), failed);
    b.clock.runDue();
    const closing = b.layer.close();
    b.clock.runDue();
    await closing;
    assert.deepEqual(failed.told, ["closed"]);
  });

  test("closing twice is closing once", async () => {
    const b = await tcp();
    const first = b.layer.close();
    b.clock.runDue();
    await first;
    await b.layer.close();
  });
});
