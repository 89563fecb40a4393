import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Statistics, Timers } from "../kit/index.ts";
import { parseUri } from "../sip/index.ts";
import { TestClock } from "../testing/index.ts";
import { orderSrv } from "./dns-order.ts";
import { HostsFile } from "./hosts-file.ts";
import type { DnsAnswer, DnsClient, DnsType, ResolvedTarget } from "./ports.ts";
import { DnsResolver } from "./resolver.ts";
import { type DnsSettings, defaultDnsSettings } from "./settings.ts";
import type { Family, TransportName } from "./types.ts";

/** A name server that says what the test wrote down, and counts who asked. */
class ScriptedDns implements DnsClient {
  readonly zone: Map<string, DnsAnswer>;
  readonly asked: string[] = [];
  /** While set, answers wait here. */
  held: (() => void)[] | undefined = undefined;

  constructor(zone: Record<string, DnsAnswer>) {
    this.zone = new Map(Object.entries(zone));
  }

  query(name: string, type: DnsType, done: (answer: DnsAnswer) => void): void {
    this.asked.push(`${type} ${name}`);
    const answer = (): void => done(this.zone.get(`${type} ${name}`) ?? { kind: "nothing" });
    if (this.held === undefined) answer();
    else this.held.push(answer);
  }

  release(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const answer of held) answer();
  }

  close(): void {}
}

const a = (...addresses: string[]): DnsAnswer => ({ kind: "addresses", addresses, ttl: 60 });
const srv = (...records: (readonly [priority: number, weight: number, port: number, target: string])[]): DnsAnswer => ({
  kind: "srv",
  records: records.map(([priority, weight, port, target]) => ({ priority, weight, port, target })),
  ttl: 60,
});
const naptr = (
  ...records: (readonly [order: number, preference: number, service: string, replacement: string, flags?: string])[]
): DnsAnswer => ({
  kind: "naptr",
  records: records.map(([order, preference, service, replacement, flags]) => ({
    order,
    preference,
    flags: flags ?? "s",
    service,
    regexp: "",
    replacement,
  })),
  ttl: 60,
});
const FAILED: DnsAnswer = { kind: "failed", why: "SERVFAIL" };

interface Options {
  settings?: Partial<DnsSettings>;
  transports?: readonly TransportName[];
  families?: readonly Family[];
  hosts?: string;
  random?: () => number;
}

function setUp(zone: Record<string, DnsAnswer>, options: Options = {}) {
  const clock = new TestClock();
  const timers = new Timers(clock, clock, (error) => assert.fail(String(error)));
  clock.wakes(() => timers.run());
  const dns = new ScriptedDns(zone);
  const statistics = new Statistics();
  const { families } = options;
  const resolver = new DnsResolver({
    dns,
    clock,
    timers,
    statistics,
    random: { uint32: options.random ?? (() => 0) },
    settings: { ...defaultDnsSettings, ...options.settings },
    transports: () => new Set(options.transports ?? ["udp", "tcp", "tls"]),
    ...(families === undefined ? undefined : { families: () => new Set(families) }),
    hosts: options.hosts ?? "",
  });
  const resolve = (text: string, transport?: TransportName): string => {
    const uri = parseUri(text);
    assert.ok(uri.ok);
    let late: readonly ResolvedTarget[] | undefined;
    const request = transport === undefined ? { uri: uri.value } : { uri: uri.value, transport };
    const now = resolver.resolve(request, (targets) => {
      late = targets;
    });
    const targets = now ?? late;
    return targets === undefined ? "pending" : show(targets);
  };
  return { clock, timers, dns, statistics, resolver, resolve, stat: (name: string) => statistics.find(name)?.read() };
}

function show(targets: readonly ResolvedTarget[]): string {
  return targets.map((one) => `${one.transport} ${one.ip} ${one.port}`).join(", ");
}

describe("literals need no lookup (DN-1)", () => {
  for (const [uri, expected] of [
    ["sip:192.0.2.1", "udp 192.0.2.1 5060"],
    ["sip:192.0.2.1:5070", "udp 192.0.2.1 5070"],
    ["sip:192.0.2.1;transport=tcp", "tcp 192.0.2.1 5060"],
    ["sip:192.0.2.1;transport=TLS", "tls 192.0.2.1 5061"],
    ["sips:192.0.2.1", "tls 192.0.2.1 5061"],
    ["sips:192.0.2.1;transport=tcp", "tls 192.0.2.1 5061"],
    ["sips:192.0.2.1;transport=ws", "wss 192.0.2.1 443"],
    ["sip:[2001:DB8::1]:5080", "udp 2001:db8::1 5080"],
    ["sip:example.com;maddr=192.0.2.9", "udp 192.0.2.9 5060"],
    ["sip:192.0.2.1;transport=sctp", ""],
    ["sip:0.0.0.0", ""],
    ["sip:255.255.255.255", ""],
    ["tel:+4930123456", ""],
  ] as const) {
    test(`${uri} → ${expected === "" ? "nothing" : expected}`, () => {
      const { resolve, dns } = setUp({});
      assert.equal(resolve(uri), expected);
      assert.deepEqual(dns.asked, []);
    });
  }

  test("the transport of a forced socket is used where the URI leaves it open (T-15)", () => {
    const { resolve } = setUp({});
    assert.equal(resolve("sip:192.0.2.1", "tcp"), "tcp 192.0.2.1 5060");
    assert.equal(resolve("sip:192.0.2.1;transport=udp", "tcp"), "udp 192.0.2.1 5060");
  });
});

describe("names (DN-1)", () => {
  test("with a port: addresses only, never SRV", () => {
    const { resolve, dns } = setUp({ "A example.com": a("192.0.2.1", "192.0.2.2") });
    assert.equal(resolve("sip:example.com:5070"), "udp 192.0.2.1 5070, udp 192.0.2.2 5070");
    assert.deepEqual(dns.asked, ["A example.com"]);
  });

  for (const [uri, service, expected] of [
    ["sip:example.com;transport=udp", "_sip._udp.example.com", "udp 192.0.2.1 5090"],
    ["sip:example.com;transport=tcp", "_sip._tcp.example.com", "tcp 192.0.2.1 5090"],
    ["sip:example.com;transport=tls", "_sips._tcp.example.com", "tls 192.0.2.1 5090"],
    ["sips:example.com;transport=tcp", "_sips._tcp.example.com", "tls 192.0.2.1 5090"],
    ["sip:example.com;transport=ws", "_ws._tcp.example.com", "ws 192.0.2.1 5090"],
    ["sip:example.com;transport=wss", "_wss._tcp.example.com", "wss 192.0.2.1 5090"],
  ] as const) {
    test(`${uri}: SRV of that transport`, () => {
      const { resolve, dns } = setUp({ [`SRV ${service}`]: srv([10, 0, 5090, "host.example.com"]), "A host.example.com": a("192.0.2.1") });
      assert.equal(resolve(uri), expected);
      assert.deepEqual(dns.asked, [`SRV ${service}`, "A host.example.com"]);
    });
  }

  test("with a transport but without SRV: addresses and the default port", () => {
    const { resolve } = setUp({ "A example.com": a("192.0.2.1") });
    assert.equal(resolve("sip:example.com;transport=tls"), "tls 192.0.2.1 5061");
  });

  test("NAPTR decides by order and preference among what we speak", () => {
    const zone = {
      "NAPTR example.com": naptr(
        [50, 50, "SIPS+D2T", "_sips._tcp.example.com"],
        [20, 20, "SIP+D2U", "_sip._udp.example.com"],
        [20, 10, "SIP+D2T", "_sip._tcp.example.com"],
        [10, 10, "SIP+D2S", "_sip._sctp.example.com"],
        [5, 5, "E2U+sip", "example.com", "u"],
        [1, 1, "SIP+D2U", "other.example.com", "a"],
      ),
      "SRV _sips._tcp.example.com": srv([1, 0, 5061, "s.example.com"]),
      "SRV _sip._udp.example.com": srv([1, 0, 5060, "u.example.com"]),
      "SRV _sip._tcp.example.com": srv([1, 0, 5060, "t.example.com"]),
      "A s.example.com": a("192.0.2.3"),
      "A u.example.com": a("192.0.2.1"),
      "A t.example.com": a("192.0.2.2"),
    };
    assert.equal(setUp(zone).resolve("sip:example.com"), "tcp 192.0.2.2 5060, udp 192.0.2.1 5060, tls 192.0.2.3 5061");
    assert.equal(setUp(zone, { transports: ["udp"] }).resolve("sip:example.com"), "udp 192.0.2.1 5060");
    assert.equal(setUp(zone).resolve("sips:example.com"), "tls 192.0.2.3 5061");
  });

  test("without NAPTR: SRV in the order UDP, TCP, TLS, for sips TLS only", () => {
    const zone = {
      "SRV _sip._udp.example.com": srv([1, 0, 5060, "u.example.com"]),
      "SRV _sip._tcp.example.com": srv([1, 0, 5060, "t.example.com"]),
      "SRV _sips._tcp.example.com": srv([1, 0, 5061, "s.example.com"]),
      "A u.example.com": a("192.0.2.1"),
      "A t.example.com": a("192.0.2.2"),
      "A s.example.com": a("192.0.2.3"),
    };
    assert.equal(setUp(zone).resolve("sip:example.com"), "udp 192.0.2.1 5060, tcp 192.0.2.2 5060, tls 192.0.2.3 5061");
    assert.equal(setUp(zone).resolve("sips:example.com"), "tls 192.0.2.3 5061");
    const off = setUp(zone, { settings: { tryNaptr: false } });
    off.resolve("sip:example.com");
    assert.ok(off.dns.asked.every((question) => !question.startsWith("NAPTR")));
  });

  test("with nothing but an address: UDP 5060, for sips TLS 5061", () => {
    const zone = { "A example.com": a("192.0.2.1") };
    assert.equal(setUp(zone).resolve("sip:example.com"), "udp 192.0.2.1 5060");
    assert.equal(setUp(zone).resolve("sips:example.com"), "tls 192.0.2.1 5061");
  });

  test("a service that is said not to be there is not looked for elsewhere (DN-2)", () => {
    const zone = { "SRV _sip._udp.example.com": srv([0, 0, 0, "."]), "A example.com": a("192.0.2.1") };
    assert.equal(setUp(zone).resolve("sip:example.com;transport=udp"), "");
  });

  test("a failing SRV lookup falls back to addresses, a failing everything to nothing (DN-8)", () => {
    assert.equal(
      setUp({ "SRV _sip._udp.example.com": FAILED, "A example.com": a("192.0.2.1") }).resolve("sip:example.com;transport=udp"),
      "udp 192.0.2.1 5060",
    );
    assert.equal(setUp({}).resolve("sip:nowhere.example.com"), "");
  });

  test("names inside one connection never reach a name server (T-20)", () => {
    const { resolve, dns } = setUp({});
    assert.equal(resolve("sip:x@df7jal23ls0d.invalid;transport=ws"), "");
    assert.deepEqual(dns.asked, []);
  });

  test("responses: SRV when there is no port, never NAPTR (DN-6)", () => {
    const { resolver, dns } = setUp({ "SRV _sip._udp.example.com": srv([1, 0, 5099, "u.example.com"]), "A u.example.com": a("192.0.2.1") });
    let got = "";
    assert.equal(
      resolver.resolveHost({ host: "example.com", port: 0, transport: "udp" }, (targets) => {
        got = show(targets);
      })?.length ?? 1,
      1,
    );
    assert.ok(!dns.asked.includes("NAPTR example.com"));
    assert.equal(got === "" || got === "udp 192.0.2.1 5099", true);
    const again = resolver.resolveHost({ host: "example.com", port: 0, transport: "udp" }, () => assert.fail("answered at once"));
    assert.equal(show(again ?? []), "udp 192.0.2.1 5099");
    assert.equal(show(resolver.resolveHost({ host: "192.0.2.5", port: 0, transport: "tcp" }, () => {}) ?? []), "tcp 192.0.2.5 5060");
  });
});

describe("failover lists (DN-3)", () => {
  test("are capped at eight addresses", () => {
    const many = Array.from({ length: 20 }, (_, i) => `192.0.2.${i + 1}`);
    const { resolve } = setUp({ "A example.com": a(...many) });
    assert.equal(resolve("sip:example.com:5060").split(", ").length, 8);
  });

  test("a zone with hundreds of SRV targets costs eight lookups", () => {
    const records = Array.from({ length: 300 }, (_, i) => [i, 0, 5060, `h${i}.example.com`] as const);
    const { resolve, dns } = setUp({ "SRV _sip._udp.example.com": srv(...records) });
    resolve("sip:example.com;transport=udp");
    assert.equal(dns.asked.filter((question) => question.startsWith("A ")).length, 8);
  });

  test("AAAA comes after A when asked for, and only for families with a socket (DN-2)", () => {
    const zone = { "A example.com": a("192.0.2.1"), "AAAA example.com": a("2001:db8::1") };
    assert.equal(setUp(zone).resolve("sip:example.com:5060"), "udp 192.0.2.1 5060");
    assert.equal(setUp(zone, { settings: { tryIpv6: true } }).resolve("sip:example.com:5060"), "udp 192.0.2.1 5060, udp 2001:db8::1 5060");
    assert.equal(setUp(zone, { families: [6] }).resolve("sip:example.com:5060"), "udp 2001:db8::1 5060");
    assert.equal(setUp(zone, { settings: { tryIpv6: true }, families: [4] }).resolve("sip:example.com:5060"), "udp 192.0.2.1 5060");
    assert.equal(setUp(zone, { settings: { tryIpv6: true }, families: [6] }).resolve("sip:example.com:5060"), "udp 2001:db8::1 5060");
  });

  test("answers that lead to everybody or nobody are refused, private ones when asked to (DN-7)", () => {
    const zone = { "A example.com": a("0.0.0.0", "255.255.255.255", "224.0.0.5", "10.0.0.1", "127.0.0.1", "192.0.2.1") };
    assert.equal(setUp(zone).resolve("sip:example.com:5060"), "udp 10.0.0.1 5060, udp 127.0.0.1 5060, udp 192.0.2.1 5060");
    assert.equal(setUp(zone, { settings: { blockPrivate: true } }).resolve("sip:example.com:5060"), "udp 192.0.2.1 5060");
  });
});

describe("weights (RFC 2782)", () => {
  const records = (...weights: number[]) => weights.map((weight, i) => ({ priority: 1, weight, port: 5060, target: `h${i}` }));

  test("priorities come before weights", () => {
    const ordered = orderSrv(
      [
        { priority: 20, weight: 100, port: 1, target: "late" },
        { priority: 10, weight: 1, port: 1, target: "early" },
      ],
      { uint32: () => 0xffffffff },
    );
    assert.deepEqual(
      ordered.map((one) => one.target),
      ["early", "late"],
    );
  });

  test("the first of two is chosen as often as its weight says, one of weight 0 hardly ever", () => {
    let state = 1;
    const random = {
      uint32: () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state;
      },
    };
    const first = [0, 0, 0];
    for (let i = 0; i < 20_000; i++) {
      const [one] = orderSrv(records(30, 10, 0), random);
      const index = Number(one?.target.slice(1));
      first[index] = (first[index] ?? 0) + 1;
    }
    const [heavy = 0, light = 0, zero = 0] = first;
    assert.ok(Math.abs(heavy / 20_000 - 0.74) < 0.03, `heavy ${heavy}`);
    assert.ok(Math.abs(light / 20_000 - 0.24) < 0.03, `light ${light}`);
    assert.ok(zero > 0 && zero / 20_000 < 0.04, `zero ${zero}`);
  });

  test("every record is in the order exactly once", () => {
    const ordered = orderSrv(records(5, 0, 0, 7, 65_535), { uint32: () => 0x9999_9999 });
    assert.deepEqual(ordered.map((one) => one.target).sort(), ["h0", "h1", "h2", "h3", "h4"]);
  });
});

describe("the cache (DN-5)", () => {
  const ZONE = { "A example.com": { kind: "addresses", addresses: ["192.0.2.1"], ttl: 60 } as DnsAnswer };
  const URI = "sip:example.com:5060";

  test("an answer serves until its time to live is over", () => {
    const { resolve, clock, dns, stat } = setUp(ZONE);
    resolve(URI);
    clock.advance(59_999);
    resolve(URI);
    assert.equal(dns.asked.length, 1);
    clock.advance(1);
    resolve(URI);
    assert.equal(dns.asked.length, 2);
    assert.equal(stat("dns:dns_total_queries"), 2);
  });

  for (const [ttl, keptMs] of [
    [0, 5_000],
    [1, 5_000],
    [100, 100_000],
    [999_999, 3_600_000],
  ] as const) {
    test(`a time to live of ${ttl} s is kept for ${keptMs} ms`, () => {
      const { resolve, clock, dns } = setUp({ "A example.com": { kind: "addresses", addresses: ["192.0.2.1"], ttl } });
      resolve(URI);
      clock.advance(keptMs - 1);
      resolve(URI);
      assert.equal(dns.asked.length, 1);
      clock.advance(1);
      resolve(URI);
      assert.equal(dns.asked.length, 2);
    });
  }

  test("no such name is remembered for 30 s, a failure for 2 s", () => {
    const { resolve, clock, dns } = setUp({ "A broken.example.com": FAILED });
    resolve(URI);
    clock.advance(29_999);
    resolve(URI);
    assert.equal(dns.asked.length, 1);
    clock.advance(1);
    resolve(URI);
    assert.equal(dns.asked.length, 2);
    resolve("sip:broken.example.com:5060");
    clock.advance(1_999);
    resolve("sip:broken.example.com:5060");
    assert.equal(dns.asked.length, 3);
    clock.advance(1);
    resolve("sip:broken.example.com:5060");
    assert.equal(dns.asked.length, 4);
  });

  test("an answer that ran out serves for another minute while its refresh fails", () => {
    const { resolve, clock, dns } = setUp(ZONE);
    resolve(URI);
    dns.zone.set("A example.com", FAILED);
    clock.advance(61_000);
    assert.equal(resolve(URI), "udp 192.0.2.1 5060");
    assert.equal(dns.asked.length, 2);
    clock.advance(1_000);
    resolve(URI);
    assert.equal(dns.asked.length, 2, "not asked again for 2 s");
    clock.advance(57_000);
    assert.equal(resolve(URI), "udp 192.0.2.1 5060");
    clock.advance(3_000);
    assert.equal(resolve(URI), "");
  });

  test("a refresh that says the name is gone is believed at once", () => {
    const { resolve, clock, dns } = setUp(ZONE);
    resolve(URI);
    dns.zone.delete("A example.com");
    clock.advance(61_000);
    assert.equal(resolve(URI), "");
  });

  test("names are the same in any case and with a final dot", () => {
    const { resolve, dns } = setUp(ZONE);
    resolve(URI);
    assert.equal(resolve("sip:EXAMPLE.com:5070"), "udp 192.0.2.1 5070");
    assert.equal(dns.asked.length, 1);
  });

  test("is bounded: what was used longest ago is forgotten", () => {
    const { resolve, dns, stat } = setUp({}, { settings: { maxEntries: 10 } });
    for (let i = 0; i < 50; i++) resolve(`sip:h${i}.example.com:5060`);
    assert.equal(stat("dns:dns_cache_entries"), 10);
    const before = dns.asked.length;
    resolve("sip:h49.example.com:5060");
    assert.equal(dns.asked.length, before);
    resolve("sip:h0.example.com:5060");
    assert.equal(dns.asked.length, before + 1);
  });
});

describe("questions on their way", () => {
  test("several who ask the same share one query and all are told", () => {
    const { resolver, dns } = setUp({ "A example.com": a("192.0.2.1") });
    dns.held = [];
    const told: string[] = [];
    const uri = parseUri("sip:example.com:5060");
    assert.ok(uri.ok);
    for (let i = 0; i < 5; i++)
      assert.equal(
        resolver.resolve({ uri: uri.value }, (targets) => told.push(show(targets))),
        undefined,
      );
    assert.equal(dns.asked.length, 1);
    dns.release();
    assert.deepEqual(told, Array(5).fill("udp 192.0.2.1 5060"));
  });

  test("a slow name holds up no other, and its own request gets an answer within 5 s (DN-8)", () => {
    const { resolver, resolve, dns, clock, timers } = setUp({ "A fast.example.com": a("192.0.2.2") });
    dns.held = [];
    const told: [number, string][] = [];
    const uri = parseUri("sip:slow.example.com");
    assert.ok(uri.ok);
    resolver.resolve({ uri: uri.value }, (targets) => told.push([clock.monotonic(), show(targets)]));
    const held = dns.held;
    dns.held = undefined;
    assert.equal(resolve("sip:fast.example.com:5060"), "udp 192.0.2.2 5060");
    clock.advance(10_000);
    assert.deepEqual(told, [[5000, ""]]);
    for (const answer of held) answer();
    assert.equal(told.length, 1, "an answer that comes too late is only remembered");
    assert.equal(timers.count, 0);
  });

  test("what had arrived within 5 s is used", () => {
    const zone = {
      "SRV _sip._udp.example.com": srv([1, 0, 5060, "good.example.com"], [2, 0, 5060, "slow.example.com"]),
      "A good.example.com": a("192.0.2.1"),
    };
    const { resolver, dns, clock } = setUp(zone);
    const query = dns.query.bind(dns);
    dns.query = (name, type, done) => {
      if (name !== "slow.example.com") query(name, type, done);
    };
    const told: string[] = [];
    const uri = parseUri("sip:example.com;transport=udp");
    assert.ok(uri.ok);
    assert.equal(
      resolver.resolve({ uri: uri.value }, (targets) => told.push(show(targets))),
      undefined,
    );
    clock.advance(5000);
    assert.deepEqual(told, ["udp 192.0.2.1 5060"]);
  });

  test("are bounded: beyond that a name counts as unanswered", () => {
    const { resolver, dns, stat } = setUp({}, { settings: { maxPending: 10 } });
    dns.held = [];
    let refused = 0;
    for (let i = 0; i < 15; i++) {
      const uri = parseUri(`sip:h${i}.example.com:5060`);
      assert.ok(uri.ok);
      const now = resolver.resolve({ uri: uri.value }, () => {});
      if (now !== undefined) refused++;
    }
    assert.equal(refused, 5);
    assert.equal(stat("dns:dns_refused_queries"), 5);
    assert.equal(dns.asked.length, 10);
  });

  test("slow ones are counted when a threshold is set", () => {
    const { resolver, dns, clock, stat } = setUp({}, { settings: { slowQueryMs: 500 } });
    for (const [name, ms] of [
      ["quick", 100],
      ["slow", 900],
    ] as const) {
      dns.held = [];
      const uri = parseUri(`sip:${name}.example.com:5060`);
      assert.ok(uri.ok);
      resolver.resolve({ uri: uri.value }, () => {});
      clock.advance(ms);
      dns.release();
    }
    assert.equal(stat("dns:dns_slow_queries"), 1);
  });
});

describe("the hosts file (DN-4)", () => {
  const HOSTS =
    "# comment\n127.0.0.1\tlocalhost localhost.localdomain\n192.0.2.50 pbx.example.com PBX # the old one\n::1 localhost\nnonsense here\n192.0.2.51 pbx\n";

  test("is asked before any name server, and a name in it has no services elsewhere", () => {
    const { resolve, dns } = setUp({}, { hosts: HOSTS, settings: { tryIpv6: true } });
    assert.equal(resolve("sip:pbx.example.com"), "udp 192.0.2.50 5060");
    assert.equal(resolve("sip:pbx;transport=tcp"), "tcp 192.0.2.50 5060, tcp 192.0.2.51 5060");
    assert.equal(resolve("sip:LOCALHOST:5070"), "udp 127.0.0.1 5070, udp ::1 5070");
    assert.deepEqual(dns.asked, []);
  });

  test("does not know names that are not in it", () => {
    const hosts = new HostsFile(HOSTS);
    assert.equal(hosts.has("example.com"), false);
    assert.equal(hosts.addresses("example.com", "A"), undefined);
    assert.deepEqual(hosts.addresses("pbx", "AAAA"), []);
  });
});
