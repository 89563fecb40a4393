import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseVia, type Via } from "../sip/index.ts";
import { canonicalIp, familyOf, kindOf, transportOf } from "./address.ts";
import { type Binding, expandSockets, makeListener } from "./expand.ts";
import { ListenerTable, parseAlias } from "./listeners.ts";
import type { Network, NetworkInterface } from "./ports.ts";
import { defaultTransportSettings } from "./settings.ts";
import { parseSocket, type SocketSpec } from "./socket-spec.ts";
import type { Listener, TransportName } from "./types.ts";

function spec(text: string): SocketSpec {
  const parsed = parseSocket(text);
  assert.ok(parsed.ok, parsed.ok ? "" : parsed.fault);
  return parsed.value;
}

const INTERFACES: readonly NetworkInterface[] = [
  { name: "lo", ip: "127.0.0.1", family: 4 },
  { name: "lo", ip: "::1", family: 6 },
  { name: "eth0", ip: "192.0.2.7", family: 4, broadcast: "192.0.2.255" },
  { name: "eth0", ip: "2001:db8::7", family: 6 },
  { name: "eth0", ip: "fe80::1%eth0", family: 6 },
  { name: "eth1", ip: "10.0.0.7", family: 4 },
];

const network: Network = {
  bindDatagram: () => Promise.reject(new Error("not here")),
  listenStream: () => Promise.reject(new Error("not here")),
  connectStream: () => {
    throw new Error("not here");
  },
  interfaces: () => INTERFACES,
  lookup: (name) => Promise.resolve(name === "sip.example.com" ? ["192.0.2.7", "2001:DB8:0::7"] : []),
};

describe("socket entries (T-1)", () => {
  test("the default port is the transport's", () => {
    const ports = ["udp:a", "tcp:a", "tls:a", "ws:a", "wss:a"].map((text) => spec(text).port);
    assert.deepEqual(ports, [5060, 5060, 5061, 80, 443]);
  });

  test("options come in any order", () => {
    const parsed = spec("UDP:[2001:DB8::1]:5070 tag west as sip.example.com:5090 use_workers 4 frag anycast use_auto_scaling_profile big");
    assert.equal(parsed.transport, "udp");
    assert.equal(parsed.host, "2001:db8::1");
    assert.equal(parsed.port, 5070);
    assert.equal(parsed.tag, "west");
    assert.equal(parsed.advertisedHost, "sip.example.com");
    assert.equal(parsed.advertisedPort, 5090);
    assert.equal(parsed.workers, 4);
    assert.equal(parsed.frag, true);
    assert.equal(parsed.isAnycast, true);
    assert.equal(parsed.autoScalingProfile, "big");
  });

  for (const [text, hint] of [
    ["5060", "udp:"],
    ["sctp:1.2.3.4", "udp:"],
    ["udp:", "host is missing"],
    ["udp:1.2.3.4:99999", "port"],
    ["udp:1.2.3.4:", "port"],
    ["udp:1.2.3.4:x", "port"],
    ["udp:1.2.3.400", "not an IPv4"],
    ["udp:2001:db8::1", "brackets"],
    ["udp:[2001:db8::1", "brackets"],
    ["udp:[2001:db8::1]5060", "bracket"],
    ["udp:[1.2.3.4]", "IPv6"],
    ["udp:ho st", "ho"],
    ["udp:a tag", "needs a value"],
    ["udp:a tag x tag y", "twice"],
    ["udp:a nonsense", "no option"],
    ["udp:a nonsense 5", "no option"],
    ["udp:a use_workers 0", "number"],
    ["tcp:a anycast", "anycast"],
    ["udp:a as *", "reach"],
    ["udp:a as b:0", "port"],
    ["udp:a;rm", "not an address"],
  ] as const) {
    test(`"${text}" is refused with a hint about ${hint}`, () => {
      const parsed = parseSocket(text);
      assert.equal(parsed.ok, false);
      assert.ok(!parsed.ok && parsed.fault.includes(hint), parsed.ok ? "" : parsed.fault);
    });
  }
});

describe("expansion to real addresses", () => {
  const ips = async (text: string) => (await expandSockets([spec(text)], network)).bindings.map((one) => one.ip);

  test("* is every address but link-local ones, loopback last (decision 11)", async () => {
    assert.deepEqual(await ips("udp:*"), ["192.0.2.7", "2001:db8::7", "10.0.0.7", "127.0.0.1", "::1"]);
  });
  test("0.0.0.0 and [::] are the addresses of one family", async () => {
    assert.deepEqual(await ips("udp:0.0.0.0"), ["192.0.2.7", "10.0.0.7", "127.0.0.1"]);
    assert.deepEqual(await ips("udp:[::]"), ["2001:db8::7", "::1"]);
  });
  test("an interface is all its addresses, a name all it resolves to", async () => {
    assert.deepEqual(await ips("udp:eth0"), ["192.0.2.7", "2001:db8::7"]);
    assert.deepEqual(await ips("udp:sip.example.com"), ["192.0.2.7", "2001:db8::7"]);
  });
  test("the same address twice and names that nobody knows are problems, all of them told (T-2)", async () => {
    const { problems } = await expandSockets(["udp:*:5060", "udp:10.0.0.7", "udp:nosuch", "udp:nosuch2"].map(spec), network);
    assert.equal(problems.length, 3);
    assert.match(problems[0] ?? "", /udp:10\.0\.0\.7:5060/);
    assert.match(problems[1] ?? "", /nosuch /);
  });
  test("UDP and TCP on one address and port do not collide", async () => {
    const { problems, bindings } = await expandSockets(["udp:10.0.0.7", "tcp:10.0.0.7"].map(spec), network);
    assert.deepEqual(problems, []);
    assert.equal(bindings.length, 2);
  });
});

function listener(index: number, text: string, advertised: Partial<typeof defaultTransportSettings> = {}): Listener {
  const one = spec(text);
  const binding: Binding = { spec: one, ip: one.host, family: familyOf(one.host) ?? 4 };
  return makeListener(index, binding, one.port, { ...defaultTransportSettings, ...advertised });
}

describe("what a listener shows of itself", () => {
  for (const [text, name, sentBy, uriHost] of [
    ["udp:192.0.2.7", "udp:192.0.2.7:5060", "192.0.2.7", "192.0.2.7"],
    ["udp:192.0.2.7:5070", "udp:192.0.2.7:5070", "192.0.2.7:5070", "192.0.2.7:5070"],
    ["tcp:[2001:db8::7]", "tcp:[2001:db8::7]:5060", "[2001:db8::7]", "[2001:db8::7]"],
    ["tls:192.0.2.7", "tls:192.0.2.7:5061", "192.0.2.7", "192.0.2.7:5061"],
    ["udp:192.0.2.7 as sip.example.com", "udp:192.0.2.7:5060", "sip.example.com", "sip.example.com"],
    ["udp:192.0.2.7 as sip.example.com:5060", "udp:192.0.2.7:5060", "sip.example.com:5060", "sip.example.com:5060"],
    ["udp:192.0.2.7:5070 as sip.example.com", "udp:192.0.2.7:5070", "sip.example.com:5070", "sip.example.com:5070"],
    ["ws:192.0.2.7", "ws:192.0.2.7:80", "192.0.2.7", "192.0.2.7:80"],
  ] as const) {
    test(`${text} (T-3, T-17, RR-2)`, () => {
      const one = listener(0, text);
      assert.deepEqual([one.name, one.sentBy, one.uriHost], [name, sentBy, uriHost]);
    });
  }

  test("the global advertised address is for sockets without one of their own", () => {
    const settings = { advertisedAddress: "public.example.com", advertisedPort: 5080 };
    assert.equal(listener(0, "udp:10.0.0.7", settings).sentBy, "public.example.com:5080");
    assert.equal(listener(0, "udp:10.0.0.7 as own.example.com", settings).sentBy, "own.example.com");
  });
});

describe("is it us (T-31)", () => {
  const listeners = [
    listener(0, "udp:192.0.2.7"),
    listener(1, "tcp:192.0.2.7:5070 as Edge.example.com:5080"),
    listener(2, "udp:[2001:db8::7]"),
    listener(3, "tls:192.0.2.7"),
  ];
  const aliases = ["tcp:Alias.example.com", "any.example.com:5099", "plain.example.com"].map((text) => {
    const alias = parseAlias(text);
    assert.ok(alias.ok);
    return alias.value;
  });
  const table = new ListenerTable(listeners, ["sip.example.com", "", "", ""], aliases);

  for (const [host, port, transport, expected] of [
    ["192.0.2.7", 5060, undefined, true],
    ["192.0.2.7", 0, undefined, true],
    ["192.0.2.7", 0, "udp", true],
    ["192.0.2.7", 0, "tcp", false],
    ["192.0.2.7", 5070, "tcp", true],
    ["192.0.2.7", 5070, "udp", false],
    ["192.0.2.7", 5080, "tcp", true],
    ["192.0.2.7", 5081, undefined, false],
    ["192.0.2.7", 0, "tls", true],
    ["192.0.2.7", 0, "sctp", false],
    ["sip.example.com", 0, undefined, true],
    ["SIP.Example.COM", 5060, undefined, true],
    ["edge.example.com", 5080, "tcp", true],
    ["edge.example.com", 5070, "tcp", true],
    ["edge.example.com", 5060, "tcp", false],
    ["2001:db8::7", 0, undefined, true],
    ["2001:DB8:0:0:0:0:0:7", 5060, "udp", true],
    ["2001:db8::8", 0, undefined, false],
    ["alias.example.com", 1234, "tcp", true],
    ["alias.example.com", 1234, "udp", false],
    ["any.example.com", 5099, "tls", true],
    ["any.example.com", 0, undefined, false],
    ["plain.example.com", 7777, "ws", true],
    ["192.0.2.8", 5060, undefined, false],
    ["__proto__", 5060, undefined, false],
  ] as const) {
    test(`${host}:${port} ${transport ?? ""} is ${expected ? "us" : "not us"}`, () => {
      assert.equal(table.isMyself(host, port, transport), expected);
    });
  }

  test("subdomains of an advertised name are us where the socket says so", () => {
    const open = makeListener(
      0,
      { spec: spec("udp:192.0.2.7 as example.com accept_subdomain"), ip: "192.0.2.7", family: 4 },
      5060,
      defaultTransportSettings,
    );
    const domains = new ListenerTable([open], ["192.0.2.7"], []);
    const hosts = ["example.com", "a.example.com", "a.b.Example.com", "notexample.com", "com", "7.192.0.2.7", "x.192.0.2.7"];
    assert.deepEqual(
      hosts.map((host) => domains.isMyself(host, 0, undefined)),
      [true, true, true, false, false, false, false],
    );
    assert.equal(table.isMyself("a.sip.example.com", 0, undefined), false);
  });

  const via = (text: string): Via => {
    const parsed = parseVia(text);
    assert.ok(parsed.ok);
    return parsed.value;
  };
  test("a reply's Via is ours by transport, host and port (X-20)", () => {
    assert.equal(table.isOurVia(via("SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKx")), true);
    assert.equal(table.isOurVia(via("SIP/2.0/TCP edge.example.com:5080;branch=z9hG4bKx")), true);
    assert.equal(table.isOurVia(via("SIP/2.0/UDP [2001:db8::7]:5060;branch=z9hG4bKx")), true);
    assert.equal(table.isOurVia(via("SIP/2.0/TCP 192.0.2.7;branch=z9hG4bKx")), false);
    assert.equal(table.isOurVia(via("SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bKx")), false);
    assert.equal(table.isOurVia(via("SIP/2.0/SCTP 192.0.2.7;branch=z9hG4bKx")), false);
  });

  test("a socket is found by its real and its advertised address; an alias is no socket", () => {
    assert.equal(table.find("192.0.2.7", 5070, "tcp")?.index, 1);
    assert.equal(table.find("edge.example.com", 5080, "tcp")?.index, 1);
    assert.equal(table.find("192.0.2.7", 0, "tls")?.index, 3);
    assert.equal(table.find("plain.example.com", 5060, undefined), undefined);
  });

  test("aliases that cannot be read say why", () => {
    assert.equal(parseAlias("udp:").ok, false);
    assert.equal(parseAlias("a:b:c").ok, false);
  });
});

describe("which socket a request leaves by (T-16)", () => {
  const listeners = [
    listener(0, "udp:127.0.0.1"),
    listener(1, "udp:192.0.2.7"),
    listener(2, "udp:10.0.0.7"),
    listener(3, "tcp:10.0.0.7"),
    listener(4, "tcp:192.0.2.7"),
    listener(5, "udp:[2001:db8::7]"),
  ];
  const table = new ListenerTable(listeners, [], []);
  const at = (index: number | undefined) => (index === undefined ? undefined : listeners[index]);

  for (const [why, transport, ip, receiving, forced, route, expected] of [
    ["a forced socket of the right family and transport", "udp", "8.8.8.8", 1, 2, undefined, 2],
    ["a forced socket of another transport: the same address", "tcp", "8.8.8.8", 1, 1, undefined, 4],
    ["a forced socket whose address lacks that transport: the same family", "tcp", "8.8.8.8", 1, 0, undefined, 3],
    ["a forced socket of another family is no use", "udp", "2001:db8::9", 1, 1, undefined, 5],
    ["the system's route", "udp", "8.8.8.8", 1, undefined, "10.0.0.7", 2],
    ["a route by an address that is not ours does not help", "udp", "8.8.8.8", 1, undefined, "172.16.0.1", 1],
    ["the receiving socket", "udp", "8.8.8.8", 2, undefined, undefined, 2],
    ["the receiving socket has another transport: the first that fits", "tcp", "8.8.8.8", 2, undefined, undefined, 3],
    ["nothing known: the first that can reach the world", "udp", "8.8.8.8", undefined, undefined, undefined, 1],
    ["a loopback socket does not reach the world", "udp", "8.8.8.8", 0, undefined, undefined, 1],
    ["loopback is reached by the first", "udp", "127.0.0.5", undefined, undefined, undefined, 0],
    ["no socket of that transport", "tls", "8.8.8.8", 1, undefined, undefined, undefined],
    ["no socket of that family", "tcp", "2001:db8::9", 1, undefined, undefined, undefined],
    ["not an address", "udp", "example.com", 1, undefined, undefined, undefined],
  ] as const) {
    test(why, () => {
      const picked = table.pick(transport as TransportName, ip, at(receiving), at(forced), route);
      assert.equal(picked?.index, expected);
    });
  }

  test("with loopback sockets only, those are used for everything", () => {
    const only = new ListenerTable([listener(0, "udp:127.0.0.1")], [], []);
    assert.equal(only.pick("udp", "8.8.8.8", undefined, undefined, undefined)?.index, 0);
  });
});

describe("addresses", () => {
  for (const [text, expected] of [
    ["127.0.0.1", "127.0.0.1"],
    ["010.001.000.255", "10.1.0.255"],
    ["[2001:DB8:0:0:1:0:0:1]", "2001:db8::1:0:0:1"],
    ["::", "::"],
    ["1::", "1::"],
    ["fe80::1%eth0", "fe80::1"],
    ["::ffff:192.0.2.1", "::ffff:c000:201"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
    ["256.1.1.1", undefined],
    ["1.2.3", undefined],
    ["example.com", undefined],
    [":::", "::"],
    ["1::2::3", undefined],
  ] as const) {
    test(`${text} is ${expected} (RFC 5952)`, () => assert.equal(canonicalIp(text), expected));
  }

  for (const [ip, kind] of [
    ["8.8.8.8", "unicast"],
    ["0.0.0.0", "unspecified"],
    ["0.1.2.3", "unspecified"],
    ["255.255.255.255", "broadcast"],
    ["224.0.1.75", "multicast"],
    ["239.255.255.255", "multicast"],
    ["127.8.8.8", "loopback"],
    ["10.0.0.1", "private"],
    ["172.16.0.1", "private"],
    ["172.32.0.1", "unicast"],
    ["192.168.1.1", "private"],
    ["100.64.0.1", "private"],
    ["169.254.1.1", "linkLocal"],
    ["::", "unspecified"],
    ["::1", "loopback"],
    ["ff02::1", "multicast"],
    ["fe80::1", "linkLocal"],
    ["fd00::1", "private"],
    ["2001:db8::1", "unicast"],
    ["::ffff:127.0.0.1", "loopback"],
    ["::ffff:224.0.0.1", "multicast"],
    ["nonsense", undefined],
  ] as const) {
    test(`${ip} is ${kind}`, () => assert.equal(kindOf(ip), kind));
  }

  test("transports are read in any case", () => {
    assert.deepEqual(["UDP", "tcp", "Tls", "wSs", "sctp", ""].map(transportOf), ["udp", "tcp", "tls", "wss", undefined, undefined]);
  });
});
