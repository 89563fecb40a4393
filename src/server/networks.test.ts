import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage } from "../testing/stage.ts";
import { loadScript } from "./index.ts";
import { networkTest, readNetwork } from "./networks.ts";
import { readSettings } from "./settings.ts";

test("addresses and networks of both families are read, and nothing else", () => {
  assert.deepEqual(readNetwork("10.0.0.0/8"), { address: "10.0.0.0", prefix: 8, family: "ipv4" });
  assert.deepEqual(readNetwork("2001:db8::1"), { address: "2001:db8::1", prefix: 128, family: "ipv6" });
  for (const text of ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "::/129", "fe80::1%eth0", "example.com", "10.0.0.0/1e1"]) {
    assert.equal(readNetwork(text), undefined, text);
  }
});

test("an address belongs to a network or not", () => {
  const isTrusted = networkTest(["192.0.2.7", "10.0.0.0/8", "2001:db8::/32"]);
  for (const ip of ["192.0.2.7", "10.255.0.1", "2001:db8:ffff::1"]) assert.equal(isTrusted(ip), true, ip);
  for (const ip of ["192.0.2.8", "11.0.0.1", "2001:db9::1", "::1"]) assert.equal(isTrusted(ip), false, ip);
  assert.equal(networkTest([])("10.0.0.1"), false);
});

test("what is neither is refused as a setting", () => {
  assert.throws(() => readSettings({ trustedPeers: ["10.0.0.0/64"] }), /trustedPeers/);
  assert.deepEqual(readSettings({ trustedPeers: ["::1"] }).trustedPeers, ["::1"]);
});

test("a flood of one address is dropped and counted, trusted ones and others are served (S-04)", async () => {
  const stage = await new Stage({ maxNewTxnPerIp: 5, trustedPeers: ["10.0.1.0/24"] }).open();
  stage.engine.app.request("OPTIONS", (request) => request.reply(200));
  const answers = async (ip: string): Promise<number> => {
    const party = await stage.party(ip);
    for (let i = 0; i < 12; i++) {
      party.send(
        `OPTIONS sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP ${ip};branch=z9hG4bK${i}\r\nMax-Forwards: 70\r\n` +
          `From: <sip:a@x>;tag=a\r\nTo: <sip:b@x>\r\nCall-ID: ${ip}-${i}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`,
      );
    }
    return party.inbox.length;
  };
  assert.deepEqual([await answers("10.0.0.2"), await answers("10.0.1.2"), await answers("10.0.0.3")], [5, 12, 5]);
  assert.equal(stage.engine.statistics.find("tm:throttled_transactions")?.read(), 14);
});

test("scripts set both, networks with commas between them", () => {
  const load = (networks: string): ReturnType<typeof loadScript> =>
    loadScript({
      file: "test.cfg",
      reader: {
        read: () =>
          `modparam("dialoom", "max_new_txn_per_ip", 200)\nmodparam("dialoom", "trusted_peers", "${networks}")\nloadmodule "proto_udp.so"\nroute { exit; }`,
      },
      listen: ["udp:127.0.0.1:5060"],
    });
  const good = load("10.0.0.0/8, 192.0.2.1");
  assert.deepEqual(good.problems, []);
  assert.deepEqual(good.program.options(), { maxNewTxnPerIp: 200, trustedPeers: ["10.0.0.0/8", "192.0.2.1"] });
  assert.match(
    load("10.0.0.0/99")
      .problems.map(({ message }) => message)
      .join(),
    /trusted_peers.*no address and no network/,
  );
});
