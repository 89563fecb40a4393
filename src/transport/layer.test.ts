import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DialoomError, ErrorCodes } from "../kit/index.ts";
import { parseMessage, SipRequest } from "../sip/index.ts";
import { TestClock } from "../testing/index.ts";
import { type Bench, bench, FakeNetwork, request, response } from "./harness.ts";
import { TransportLayer } from "./layer.ts";
import type { HostRequest, ResolveDone, ResolvedTarget, Resolver } from "./ports.ts";
import { defaultTransportSettings, type TransportSettings } from "./settings.ts";
import { parseSocket, type SocketSpec } from "./socket-spec.ts";
import type { RespondOptions } from "./types.ts";

async function udp(settings: Partial<TransportSettings> = {}, resolver?: Resolver) {
  const clock = new TestClock();
  const b = await bench(clock, ["udp:192.0.2.7", "udp:[2001:db8::7]"], settings, resolver);
  const [socket, socket6] = b.network.datagrams;
  assert.ok(socket && socket6);
  return { ...b, clock, socket, socket6 };
}

function parsed(text: string): SipRequest {
  const message = parseMessage(text);
  assert.ok(message.ok && message.value instanceof SipRequest);
  return message.value;
}

describe("datagrams in", () => {
  test("a request and a response reach the layer above with their source, and are counted", async () => {
    const { socket, socket6, above, stat } = await udp();
    socket.on.datagram(request(), "198.51.100.1", 5070);
    socket6.on.datagram(response("SIP/2.0/UDP [2001:db8::7];branch=z9hG4bK1"), "2001:db8::1%eth0", 5062);
    assert.equal(above.messages.length, 2);
    const [first, second] = above.messages;
    assert.equal(first?.source.ip, "198.51.100.1");
    assert.equal(first?.source.port, 5070);
    assert.equal(first?.source.flow, 0);
    assert.equal(first?.source.listener.name, "udp:192.0.2.7:5060");
    assert.equal(second?.source.ip, "2001:db8::1", "without its zone (T-9)");
    assert.equal(stat("core:rcv_requests"), 1);
    assert.equal(stat("core:rcv_replies"), 1);
    assert.equal(stat("core:bad_msg_hdr"), 0);
  });

  for (const [what, text] of [
    ["a keep-alive", "\r\n\r\n"],
    ["nothing", ""],
    ["line ends and little else", `\r\n\r\n${"x".repeat(19)}`],
    ["STUN", `\x00\x01\x00\x08${"\0".repeat(40)}`],
    ["DTLS", `\x16\xfe\xff${"\0".repeat(40)}`],
  ] as const) {
    test(`${what} is dropped, not counted and not answered (X-01)`, async () => {
      const { socket, above, stat } = await udp();
      socket.on.datagram(text, "198.51.100.1", 5070);
      assert.equal(above.messages.length + above.faults.length, 0);
      assert.equal(stat("core:bad_msg_hdr"), 0);
      assert.equal(stat("core:err_requests"), 0);
    });
  }

  for (const [why, ip, port] of [
    ["port 0", "198.51.100.1", 0],
    ["the echo port", "198.51.100.1", 7],
    ["the character generator", "198.51.100.1", 19],
    ["a name server", "198.51.100.1", 53],
    ["the broadcast address", "255.255.255.255", 5060],
    ["the broadcast address of our own network", "192.0.2.255", 5060],
    ["nowhere", "0.0.0.0", 5060],
    ["a multicast group", "224.0.1.75", 5060],
    ["another multicast group", "239.1.1.1", 5060],
  ] as const) {
    test(`a datagram from ${why} is refused and counted (S-03)`, async () => {
      const { socket, above, stat } = await udp();
      socket.on.datagram(request(), ip, port);
      assert.equal(above.messages.length, 0);
      assert.equal(stat("net:udp_refused"), 1);
    });
  }

  test("addresses that merely look like multicast are heard", async () => {
    const { socket, above } = await udp();
    for (const ip of ["223.255.255.255", "240.0.0.1", "22.4.0.1", "2.2.2.2"]) socket.on.datagram(request(), ip, 5060);
    assert.equal(above.messages.length, 4);
  });

  test("a malformed request reaches the layer above as a fault and is counted", async () => {
    const { socket, above, stat } = await udp();
    socket.on.datagram(request().replace("Call-ID", "X-Other"), "198.51.100.1", 5070);
    assert.equal(above.faults[0]?.fault.class, "X-05");
    assert.equal(above.faults[0]?.fault.status, 400);
    assert.equal(stat("core:bad_msg_hdr"), 1);
    assert.equal(stat("core:err_requests"), 1);
    assert.equal(stat("core:rcv_requests"), 1);
  });

  test("a bad Request-URI is counted as such, a bad response as a response, nonsense as neither", async () => {
    const { socket, stat } = await udp();
    socket.on.datagram(request().replace("sip:bob@192.0.2.7 SIP", "<sip:bob@192.0.2.7> SIP"), "198.51.100.1", 5070);
    assert.equal(stat("core:bad_URIs_rcvd"), 1);
    socket.on.datagram(response("SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1").replace("CSeq", "X"), "198.51.100.1", 5070);
    assert.equal(stat("core:err_replies"), 1);
    const before = stat("core:rcv_requests");
    socket.on.datagram("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", "198.51.100.1", 5070);
    assert.equal(stat("core:rcv_requests"), before);
  });

  test("a bug above costs one message, not the process", async () => {
    const { socket, above, stat, logged } = await udp();
    above.onMessage = () => {
      throw new RangeError("a bug");
    };
    socket.on.datagram(request(), "198.51.100.1", 5070);
    socket.on.datagram(request(), "198.51.100.1", 5070);
    assert.equal(above.messages.length, 2);
    assert.equal(stat("core:internal_errors"), 2);
    assert.equal(logged.filter((one) => one.level === "error").length, 2);
  });

  test("nothing arrives before every socket is open, nor after closing", async () => {
    const { socket, above, layer, clock } = await udp();
    const closed = layer.close();
    clock.runDue();
    await closed;
    socket.on.datagram(request(), "198.51.100.1", 5070);
    assert.equal(above.messages.length, 0);
    assert.equal(socket.isClosed, true);
  });
});

describe("datagrams out", () => {
  test("leave at the end of the turn, in order, through the listener's socket", async () => {
    const { layer, socket, socket6, to, clock, stat } = await udp();
    const six = layer.listeners[1];
    assert.ok(six);
    assert.equal(layer.send("one", to("udp", "198.51.100.1", 5070)), "sent");
    assert.equal(layer.send("two", { ...to("udp", "2001:db8::1", 5070), listener: six }), "sent");
    assert.equal(layer.send("three", to("udp", "198.51.100.2", 5071)), "sent");
    assert.equal(socket.sent.length, 0);
    assert.equal(stat("net:waiting_udp"), 3);
    clock.runDue();
    assert.deepEqual(
      socket.sent.map((one) => `${one.text} ${one.ip} ${one.port}`),
      ["one 198.51.100.1 5070", "three 198.51.100.2 5071"],
    );
    assert.equal(socket6.sent[0]?.text, "two");
    assert.equal(stat("net:waiting_udp"), 0);
  });

  for (const [why, ip, port] of [
    ["no port", "198.51.100.1", 0],
    ["no such port", "198.51.100.1", 70_000],
    ["broadcast", "255.255.255.255", 5060],
    ["our network's broadcast", "192.0.2.255", 5060],
    ["nowhere", "0.0.0.0", 5060],
    ["the other family", "2001:db8::1", 5060],
  ] as const) {
    test(`${why} is unreachable at once`, async () => {
      const { layer, to } = await udp();
      assert.equal(layer.send("x", to("udp", ip, port)), "unreachable");
    });
  }

  test("what no datagram holds is too big, and counted", async () => {
    const { layer, to, stat } = await udp();
    assert.equal(layer.send("x".repeat(65_507), to("udp", "198.51.100.1", 5060)), "sent");
    assert.equal(layer.send("x".repeat(65_508), to("udp", "198.51.100.1", 5060)), "tooBig");
    assert.equal(stat("net:udp_send_errors"), 1);
  });

  test("a failure that shows at the end of the turn is told to the observer and counted (T-22)", async () => {
    const { layer, to, socket, clock, stat } = await udp();
    socket.failWith = "ENETUNREACH";
    const told: string[] = [];
    layer.send("x", to("udp", "198.51.100.1", 5060), { sendFailed: (why) => told.push(why) });
    assert.deepEqual(told, []);
    clock.runDue();
    assert.deepEqual(told, ["ENETUNREACH"]);
    assert.equal(stat("net:udp_send_errors"), 1);
  });

  test("the size that should go by TCP is a setting, off by default (T-18)", async () => {
    assert.equal((await udp()).layer.exceedsMtu(60_000), false);
    const { layer } = await udp({ udpMtu: 1300 });
    assert.equal(layer.exceedsMtu(1300), false);
    assert.equal(layer.exceedsMtu(1301), true);
  });

  test("mhomed asks the system's routes, at most every 30 s for a destination (T-16)", async () => {
    const { layer, network, clock } = await udp({ mhomed: true });
    network.routes.set("198.51.100.1", "192.0.2.7");
    assert.equal(layer.pickListener("udp", "198.51.100.1", undefined, undefined)?.ip, "192.0.2.7");
    let asked = 0;
    network.routeTo = () => {
      asked++;
      return "192.0.2.7";
    };
    layer.pickListener("udp", "198.51.100.1", undefined, undefined);
    assert.equal(asked, 0);
    clock.advance(30_001);
    layer.pickListener("udp", "198.51.100.1", undefined, undefined);
    layer.pickListener("udp", "198.51.100.1", undefined, undefined);
    assert.equal(asked, 1);
  });
});

describe("where a response goes (T-10 to T-14)", () => {
  const VIA = "SIP/2.0/UDP";
  const cases: readonly (readonly [
    why: string,
    via: string,
    expected: string,
    options?: RespondOptions,
    settings?: Partial<TransportSettings>,
  ])[] = [
    ["to the source address and the sent-by port", `${VIA} 198.51.100.1:5070;branch=z9hG4bKa`, "198.51.100.1 5070"],
    ["to 5060 when the sent-by has no port", `${VIA} 198.51.100.1;branch=z9hG4bKa`, "198.51.100.1 5060"],
    ["to the source address, whatever the sent-by says", `${VIA} pc33.atlanta.com:5070;branch=z9hG4bKa`, "198.51.100.1 5070"],
    ["not to the received that the peer wrote (S-11)", `${VIA} 10.1.1.1:5070;received=8.8.8.8;branch=z9hG4bKa`, "198.51.100.1 5070"],
    ["to the source port with rport", `${VIA} 10.1.1.1:5070;rport;branch=z9hG4bKa`, "198.51.100.1 40000"],
    ["to the source port with an rport that has a value", `${VIA} 10.1.1.1:5070;rport=9;branch=z9hG4bKa`, "198.51.100.1 40000"],
    ["to the source port with force_rport()", `${VIA} 10.1.1.1:5070;branch=z9hG4bKa`, "198.51.100.1 40000", { forceRport: true }],
    ["to maddr and the sent-by port", `${VIA} 10.1.1.1:5070;maddr=203.0.113.9;branch=z9hG4bKa`, "203.0.113.9 5070"],
    ["to a multicast maddr with its ttl", `${VIA} 10.1.1.1;maddr=224.0.1.75;ttl=4;branch=z9hG4bKa`, "224.0.1.75 5060 ttl 4"],
    ["to a multicast maddr, ttl 1 by default", `${VIA} 10.1.1.1;maddr=224.0.1.75;branch=z9hG4bKa`, "224.0.1.75 5060 ttl 1"],
    ["never to a broadcast maddr", `${VIA} 10.1.1.1;maddr=255.255.255.255;branch=z9hG4bKa`, "unreachable"],
    ["never to the broadcast of our own network", `${VIA} 10.1.1.1;maddr=192.0.2.255;branch=z9hG4bKa`, "unreachable"],
    ["never to a service that answers anything", `${VIA} 10.1.1.1:19;branch=z9hG4bKa`, "unreachable"],
    [
      "without state: to the source, not to maddr",
      `${VIA} 10.1.1.1;maddr=203.0.113.9;branch=z9hG4bKa`,
      "198.51.100.1 5060",
      { isStateless: true },
    ],
    [
      "without state and with reply_to_via: to the sent-by (T-13)",
      `${VIA} 203.0.113.5:5080;branch=z9hG4bKa`,
      "203.0.113.5 5080",
      { isStateless: true },
      { replyToVia: true },
    ],
    ["with state, reply_to_via changes nothing", `${VIA} 203.0.113.5:5080;branch=z9hG4bKa`, "198.51.100.1 5080", {}, { replyToVia: true }],
  ];
  for (const [why, via, expected, options, settings] of cases) {
    test(why, async () => {
      const b = await udp(settings);
      b.socket.on.datagram(request({ via }), "198.51.100.1", 40_000);
      const received = b.above.messages[0];
      assert.ok(received?.message instanceof SipRequest);
      const result = b.layer.respond("reply", received.message, received.source, options);
      b.clock.runDue();
      const [sent] = b.socket.sent;
      const got = sent === undefined ? result : `${sent.ip} ${sent.port}${sent.ttl === 0 ? "" : ` ttl ${sent.ttl}`}`;
      assert.equal(got, expected);
    });
  }

  test("the answer to a request leaves by the socket it came in on (T-14)", async () => {
    const clock = new TestClock();
    const b = await bench(clock, ["udp:192.0.2.7", "udp:192.0.2.7:5070", "udp:127.0.0.1"]);
    for (const socket of b.network.datagrams) socket.on.datagram(request(), "198.51.100.1", 5070);
    for (const { message, source } of b.above.messages) {
      assert.ok(message instanceof SipRequest);
      b.layer.respond("reply", message, source);
    }
    clock.runDue();
    assert.deepEqual(
      b.network.datagrams.map((socket) => socket.sent.length),
      [1, 1, 1],
    );
  });

  test("a reply target outlives the request and holds none of its text", async () => {
    const b = await udp();
    const text = request({ via: `${VIA} 10.1.1.1:5070;rport;branch=z9hG4bKa` });
    b.socket.on.datagram(text, "198.51.100.1", 40_000);
    const received = b.above.messages[0];
    assert.ok(received?.message instanceof SipRequest);
    const target = b.layer.replyTarget(received.message, received.source);
    assert.equal(b.layer.respondTo("reply", target), "sent");
    b.clock.runDue();
    assert.equal(b.socket.sent[0]?.port, 40_000);
    assert.equal(target.name, "");
  });

  /** Answers names when told to. */
  class NameService implements Resolver {
    readonly asked: HostRequest[] = [];
    readonly waiting: ResolveDone[] = [];
    known: readonly ResolvedTarget[] | undefined = undefined;

    resolve(): readonly ResolvedTarget[] | undefined {
      return [];
    }
    resolveHost(host: HostRequest, done: ResolveDone): readonly ResolvedTarget[] | undefined {
      this.asked.push(host);
      if (this.known !== undefined) return this.known;
      this.waiting.push(done);
      return undefined;
    }
  }

  test("a maddr that is a name is looked up, and the answer waits for it (DN-6)", async () => {
    const names = new NameService();
    const b = await udp({}, names);
    const message = parsed(request({ via: `${VIA} 10.1.1.1;maddr=mc.example.com;branch=z9hG4bKa` }));
    const source = { listener: b.listener("udp"), ip: "198.51.100.1", port: 5070, flow: 0 };
    const told: string[] = [];
    const observer = { sendFailed: (why: string) => told.push(why) };
    assert.equal(b.layer.respond("reply", message, source, { observer }), "queued");
    assert.deepEqual(names.asked, [{ host: "mc.example.com", port: 5060, transport: "udp" }]);
    names.waiting[0]?.([
      { transport: "udp", ip: "2001:db8::99", port: 5060 },
      { transport: "udp", ip: "203.0.113.77", port: 5065 },
    ]);
    b.clock.runDue();
    assert.deepEqual(b.socket.sent, [{ text: "reply", ip: "203.0.113.77", port: 5065, ttl: 0 }]);
    assert.equal(b.layer.respond("reply", message, source, { observer }), "queued");
    names.waiting[1]?.([]);
    assert.deepEqual(told, ["unreachable"]);
    names.known = [];
    assert.equal(b.layer.respond("reply", message, source), "unreachable");
  });

  test("without a resolver such a response is unreachable", async () => {
    const b = await udp();
    const message = parsed(request({ via: `${VIA} 10.1.1.1;maddr=mc.example.com;branch=z9hG4bKa` }));
    assert.equal(
      b.layer.respond("reply", message, { listener: b.listener("udp"), ip: "198.51.100.1", port: 5070, flow: 0 }),
      "unreachable",
    );
  });
});

describe("listening", () => {
  function specs(...texts: string[]): SocketSpec[] {
    return texts.map((text) => {
      const spec = parseSocket(text);
      assert.ok(spec.ok);
      return spec.value;
    });
  }

  test("every problem is told at once, each with what to change, and nothing stays open", async () => {
    const b: Bench = await bench(new TestClock(), ["udp:192.0.2.7"]);
    const network = new FakeNetwork();
    network.refusals.set("udp 192.0.2.7 5060", "EADDRINUSE");
    network.refusals.set("tcp 192.0.2.7 80", "EACCES");
    network.refusals.set("udp 203.0.113.1 5060", "EADDRNOTAVAIL");
    const clock = new TestClock();
    const layer = new TransportLayer({
      network,
      timers: b.timers,
      clock,
      statistics: b.statistics,
      outbox: b.outbox,
      settings: { ...defaultTransportSettings, aliases: ["udp:"] },
    });
    await assert.rejects(
      layer.listen(specs("udp:192.0.2.7", "udp:127.0.0.1", "tcp:192.0.2.7:80", "udp:203.0.113.1", "udp:nosuch")),
      (error) => {
        assert.ok(error instanceof DialoomError);
        assert.equal(error.code, ErrorCodes.ListenFailed);
        assert.equal(error.problems.length, 5);
        for (const problem of error.problems) assert.ok(error.message.includes(problem));
        assert.match(error.message, /udp:192\.0\.2\.7:5060.*another process has this port.*DIALOOM_LISTEN.*`listen`/);
        assert.match(error.message, /tcp:192\.0\.2\.7:80.*below 1024/);
        assert.match(error.message, /udp:203\.0\.113\.1:5060.*does not have this address/);
        assert.match(error.message, /nosuch/);
        assert.match(error.message, /alias/);
        return true;
      },
    );
    assert.equal(network.datagrams.length, 1);
    assert.ok(network.datagrams.every((socket) => socket.isClosed));
    assert.deepEqual(layer.listeners, []);
  });

  test("no socket at all is a problem too, and listening twice is refused", async () => {
    const b = await bench(new TestClock(), ["udp:192.0.2.7"]);
    await assert.rejects(b.layer.listen(specs("udp:192.0.2.7")), { code: ErrorCodes.AlreadyListening });
    const other = new TransportLayer({
      network: new FakeNetwork(),
      timers: b.timers,
      clock: new TestClock(),
      statistics: b.statistics,
      outbox: b.outbox,
      settings: defaultTransportSettings,
    });
    await assert.rejects(other.listen([]), { code: ErrorCodes.ListenFailed });
  });

  test("every socket is logged, with its real port when the system chose it (T-6)", async () => {
    const b = await bench(new TestClock(), ["udp:192.0.2.7:0", "tcp:192.0.2.7:0"]);
    assert.deepEqual(
      b.layer.listeners.map((one) => one.name),
      ["udp:192.0.2.7:30000", "tcp:192.0.2.7:30001"],
    );
    assert.equal(b.logged.filter((one) => one.text === "listening").length, 2);
    assert.deepEqual([...b.layer.transports], ["udp", "tcp"]);
    assert.deepEqual([...b.layer.families], [4]);
  });

  test("options without effect are accepted and said to have none (T-2, T-5)", async () => {
    const b = await bench(new TestClock(), ["udp:192.0.2.7 anycast use_workers 4", "tcp:192.0.2.7 use_workers 4"]);
    assert.deepEqual(
      b.logged.filter((one) => one.level === "warn").map((one) => one.text.split(" ")[0]),
      ["anycast", "use_workers"],
    );
    assert.equal(b.layer.listeners.length, 2);
  });

  test("less receive buffer than asked for is warned of", async () => {
    const clock = new TestClock();
    const enough = await bench(clock, ["udp:192.0.2.7"]);
    assert.equal(enough.logged.filter((one) => one.level === "warn").length, 0);
    class Stingy extends FakeNetwork {
      override async bindDatagram(...parts: Parameters<FakeNetwork["bindDatagram"]>) {
        const socket = await super.bindDatagram(...parts);
        const fake = this.datagrams[0];
        assert.ok(fake);
        fake.receiveBuffer = 425_984;
        return socket;
      }
    }
    const warned: object[] = [];
    const log = { error: () => {}, warn: (fields: object) => warned.push(fields), info: () => {}, debug: () => {} };
    const layer = new TransportLayer({
      network: new Stingy(),
      timers: enough.timers,
      clock,
      statistics: enough.statistics,
      outbox: enough.outbox,
      settings: defaultTransportSettings,
      log,
    });
    await layer.listen(specs("udp:192.0.2.7"));
    assert.deepEqual(warned, [{ socket: "udp:192.0.2.7:5060", asked: 8_388_608, given: 425_984 }]);
  });
});
