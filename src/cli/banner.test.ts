import assert from "node:assert/strict";
import { test } from "node:test";
import { banner } from "./banner.ts";

const facts = {
  version: "0.1.0",
  node: "24.21.0",
  listeners: ["udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"],
  mi: { ip: "127.0.0.1", port: 8888 },
  to: undefined,
  store: undefined,
};

test("the banner says what listens where, where calls go, and what to try", () => {
  const text = banner(facts);
  for (const part of [
    "Dialoom 0.1.0 on Node 24.21.0",
    "udp:127.0.0.1:5060  tcp:127.0.0.1:5060",
    "http://127.0.0.1:8888/mi",
    "Request-URI",
    "sipp -sn uas -i 127.0.0.1 -p 5070",
    "sipp -sn uac 127.0.0.1:5070 -rsa 127.0.0.1:5060",
    "dlg_list",
  ]) {
    assert.ok(text.includes(part), part);
  }
});

test("it suggests nothing that would not work", () => {
  const off = banner({ ...facts, listeners: ["tcp:127.0.0.1:5060"], mi: undefined });
  assert.ok(off.includes("Management   off") && !off.includes("curl") && !off.includes("sipp"));
  const elsewhere = banner({ ...facts, to: "sip:10.0.0.20" });
  assert.ok(elsewhere.includes("all go to sip:10.0.0.20") && !elsewhere.includes("sipp"));
  const six = banner({ ...facts, listeners: ["udp:[::1]:5060"], mi: { ip: "::1", port: 1 } });
  assert.ok(six.includes("http://[::1]:1/mi") && six.includes("sipp -sn uac [::1]:5070 -rsa [::1]:5060 -i [::1]"));
});

test("it says where calls are kept, and how many came back", () => {
  assert.ok(banner(facts).includes("Dialogs      in memory"));
  assert.ok(banner({ ...facts, store: { name: "sqlite:///d/dialogs.db", calls: 0 } }).includes("Dialogs      in sqlite:///d/dialogs.db\n"));
  assert.ok(banner({ ...facts, store: { name: "x", calls: 1 } }).includes("in x: 1 call came back"));
  assert.ok(banner({ ...facts, store: { name: "x", calls: 2 } }).includes("in x: 2 calls came back"));
});
