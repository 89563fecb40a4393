import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { createServer, type Server } from "node:net";
import { after, before, describe, test } from "node:test";
import { type Answer, type DecodedPacket, decode, encode, type Question } from "dns-packet";
import type { DnsAnswer, DnsType } from "../ports.ts";
import { NodeDnsClient, systemDns } from "./dns-client.ts";
import { parseResolvConf } from "./resolv-conf.ts";

/** A name server on 127.0.0.1 whose behaviour each test writes. */
class NameServer {
  readonly udp: Socket = createSocket("udp4");
  readonly tcp: Server = createServer((socket) => {
    socket.on("data", (bytes) => {
      const reply = this.onTcp(decode(bytes.subarray(2)));
      if (reply === undefined) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      // in three pieces, as a network may
      socket.write(length.subarray(0, 1));
      socket.write(Buffer.concat([length.subarray(1), reply.subarray(0, 5)]));
      socket.end(reply.subarray(5));
    });
    socket.on("error", () => {});
  });
  readonly seen: { question: Question; port: number; id: number }[] = [];
  onUdp: (packet: DecodedPacket, reply: (bytes: Buffer) => void) => void = () => {};
  onTcp: (packet: DecodedPacket) => Buffer | undefined = () => undefined;
  port = 0;

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.udp.bind(0, "127.0.0.1", resolve));
    this.port = this.udp.address().port;
    this.udp.on("message", (bytes, from) => {
      const packet = decode(bytes);
      const [question] = packet.questions;
      assert.ok(question);
      this.seen.push({ question, port: from.port, id: packet.id });
      this.onUdp(packet, (reply) => this.udp.send(reply, from.port, from.address));
    });
    await new Promise<void>((resolve) => this.tcp.listen(this.port, "127.0.0.1", resolve));
  }

  close(): void {
    this.udp.close();
    this.tcp.close();
  }
}

function answerTo(packet: DecodedPacket, answers: readonly Answer[], rcode = 0, flags = 0, id: number = packet.id): Buffer {
  return encode({ type: "response", id, flags: flags | rcode, questions: packet.questions, answers });
}

describe("the stub resolver, against a name server on 127.0.0.1", () => {
  const server = new NameServer();
  let client: NodeDnsClient;
  before(async () => {
    await server.open();
    client = new NodeDnsClient({ servers: [{ ip: "127.0.0.1", port: server.port }], timeoutMs: 100, attempts: 2 });
  });
  after(() => {
    client.close();
    server.close();
  });

  const ask = (name: string, type: DnsType, by: NodeDnsClient = client): Promise<DnsAnswer> => {
    server.seen.length = 0;
    return new Promise((resolve) => by.query(name, type, resolve));
  };
  const replies = (answers: readonly Answer[], rcode = 0): void => {
    server.onUdp = (packet, reply) => reply(answerTo(packet, answers, rcode));
  };

  test("A and AAAA, with the smallest time to live", async () => {
    replies([
      { type: "A", name: "Example.com", ttl: 300, data: "192.0.2.1" },
      { type: "A", name: "example.com", ttl: 120, data: "192.0.2.2" },
    ]);
    assert.deepEqual(await ask("example.com", "A"), { kind: "addresses", addresses: ["192.0.2.1", "192.0.2.2"], ttl: 120 });
    replies([{ type: "AAAA", name: "example.com", ttl: 60, data: "2001:db8:0:0:0:0:0:1" }]);
    assert.deepEqual(await ask("example.com", "AAAA"), { kind: "addresses", addresses: ["2001:db8::1"], ttl: 60 });
  });

  test("CNAMEs are followed, and count for the time to live", async () => {
    replies([
      { type: "CNAME", name: "sip.example.com", ttl: 30, data: "edge.example.net" },
      { type: "CNAME", name: "edge.example.net", ttl: 900, data: "e1.example.net" },
      { type: "A", name: "e1.example.net", ttl: 600, data: "192.0.2.9" },
      { type: "A", name: "somebody.else", ttl: 600, data: "192.0.2.66" },
    ]);
    assert.deepEqual(await ask("sip.example.com", "A"), { kind: "addresses", addresses: ["192.0.2.9"], ttl: 30 });
  });

  test("a circle of CNAMEs comes to an end", async () => {
    replies([
      { type: "CNAME", name: "a.example.com", ttl: 30, data: "b.example.com" },
      { type: "CNAME", name: "b.example.com", ttl: 30, data: "a.example.com" },
    ]);
    assert.deepEqual(await ask("a.example.com", "A"), { kind: "nothing" });
  });

  test("SRV and NAPTR with all their fields", async () => {
    replies([
      { type: "SRV", name: "_sip._udp.example.com", ttl: 77, data: { priority: 1, weight: 2, port: 5070, target: "h.example.com" } },
    ]);
    assert.deepEqual(await ask("_sip._udp.example.com", "SRV"), {
      kind: "srv",
      records: [{ priority: 1, weight: 2, port: 5070, target: "h.example.com" }],
      ttl: 77,
    });
    const data = { order: 10, preference: 20, flags: "s", services: "SIP+D2U", regexp: "", replacement: "_sip._udp.example.com" };
    replies([{ type: "NAPTR", name: "example.com", ttl: 88, data }]);
    assert.deepEqual(await ask("example.com", "NAPTR"), {
      kind: "naptr",
      records: [{ order: 10, preference: 20, flags: "s", service: "SIP+D2U", regexp: "", replacement: "_sip._udp.example.com" }],
      ttl: 88,
    });
  });

  test("no such name, and no record of this type", async () => {
    replies([], 3);
    assert.deepEqual(await ask("example.com", "A"), { kind: "nothing" });
    replies([]);
    assert.deepEqual(await ask("example.com", "A"), { kind: "nothing" });
  });

  test("a server that refuses is asked as often as allowed, then the lookup has failed", async () => {
    replies([], 2);
    assert.deepEqual(await ask("example.com", "A"), { kind: "failed", why: "SERVFAIL" });
    assert.equal(server.seen.length, 2);
  });

  test("a silent server is asked again, each time with another id from another port (S-19)", async () => {
    server.onUdp = () => {};
    assert.deepEqual(await ask("example.com", "A"), { kind: "failed", why: "timeout" });
    assert.equal(server.seen.length, 2);
    const [one, two] = server.seen;
    assert.ok(one && two);
    assert.notEqual(`${one.id} ${one.port}`, `${two.id} ${two.port}`);
    assert.notEqual(one.port, two.port);
  });

  test("answers with another id, to another question, or that are no answers are not believed", async () => {
    server.onUdp = (packet, reply) => {
      const evil: Answer[] = [{ type: "A", name: "example.com", ttl: 300, data: "203.0.113.66" }];
      reply(answerTo(packet, evil, 0, 0, (packet.id + 1) & 0xffff));
      reply(encode({ type: "response", id: packet.id, questions: [{ type: "A", name: "evil.example.com" }], answers: evil }));
      reply(encode({ type: "query", id: packet.id, questions: packet.questions, answers: evil }));
      reply(Buffer.from("nonsense"));
      reply(answerTo(packet, [{ type: "A", name: "example.com", ttl: 300, data: "192.0.2.1" }]));
    };
    assert.deepEqual(await ask("example.com", "A"), { kind: "addresses", addresses: ["192.0.2.1"], ttl: 300 });
  });

  test("a truncated answer is fetched by TCP", async () => {
    const all: Answer[] = Array.from({ length: 100 }, (_, i) => ({ type: "A", name: "big.example.com", ttl: 60, data: `192.0.2.${i}` }));
    server.onUdp = (packet, reply) => reply(answerTo(packet, [], 0, 0x200));
    server.onTcp = (packet) => answerTo(packet, all);
    const answer = await ask("big.example.com", "A");
    assert.ok(answer.kind === "addresses");
    assert.equal(answer.addresses.length, 64, "as many as we keep of one answer");
  });

  test("a TCP answer that never comes fails the try, not the resolver", async () => {
    server.onUdp = (packet, reply) => reply(answerTo(packet, [], 0, 0x200));
    server.onTcp = () => undefined;
    assert.deepEqual(await ask("big.example.com", "A"), { kind: "failed", why: "timeout" });
  });

  test("a server that is not there is told at once, and the next one asked", async () => {
    const two = new NodeDnsClient({
      servers: [
        { ip: "127.0.0.1", port: 1 },
        { ip: "127.0.0.1", port: server.port },
      ],
      timeoutMs: 5000,
    });
    replies([{ type: "A", name: "example.com", ttl: 300, data: "192.0.2.1" }]);
    assert.equal((await ask("example.com", "A", two)).kind, "addresses");
    two.close();
  });

  test("names that no name server can know are not asked for", async () => {
    for (const name of ["", ".", "a..b", `${"x".repeat(64)}.com`, Array(60).fill("label").join(".")]) {
      assert.deepEqual(await ask(name, "A"), { kind: "nothing" });
    }
    assert.equal(server.seen.length, 0);
  });

  test("closing answers what is still open, and what is asked afterwards", async () => {
    server.onUdp = () => {};
    const closing = new NodeDnsClient({ servers: [{ ip: "127.0.0.1", port: server.port }] });
    const open = ask("example.com", "A", closing);
    closing.close();
    assert.deepEqual(await open, { kind: "failed", why: "closed" });
    assert.deepEqual(await ask("example.com", "A", closing), { kind: "failed", why: "closed" });
  });
});

describe("resolv.conf", () => {
  test("servers, at most three, and the options we know", () => {
    const text =
      "# made by somebody\nsearch example.com\nnameserver 192.0.2.53 ; first\nnameserver 2001:DB8::53\nnameserver nonsense\n" +
      "nameserver 192.0.2.54\nnameserver 192.0.2.55\noptions ndots:5 timeout:1 attempts:9 rotate\n";
    assert.deepEqual(parseResolvConf(text), { servers: ["192.0.2.53", "2001:db8::53", "192.0.2.54"], timeoutMs: 1000, attempts: 5 });
  });

  test("nothing at all means the server on this machine", () => {
    assert.deepEqual(parseResolvConf(""), { servers: ["127.0.0.1"], timeoutMs: undefined, attempts: undefined });
  });

  test("the system's files are read whatever they hold", () => {
    const { client, hosts } = systemDns();
    client.close();
    assert.equal(typeof hosts, "string");
  });
});
