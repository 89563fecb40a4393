import assert from "node:assert/strict";
import { test } from "node:test";
import { type GlobalAssignment, parseScript, positionOf } from "../language/index.ts";
import type { Globals } from "./globals.ts";
import { readGlobals } from "./read.ts";

function read(text: string): { readonly settings: Globals; readonly problems: readonly string[] } {
  const parsed = parseScript({ read: () => text }, "test.cfg");
  assert.deepEqual(
    parsed.problems.map((one) => one.message),
    [],
  );
  const { settings, problems } = readGlobals(parsed.tree.items.filter((item): item is GlobalAssignment => item.kind === "global"));
  const lineOf = (one: (typeof problems)[number]): number => (one.span === undefined ? 0 : positionOf(one.span).line);
  return { settings, problems: problems.map((one) => `${lineOf(one)}: ${one.message}${one.hint === undefined ? "" : ` (${one.hint})`}`) };
}

test("sockets, their options and their port ranges become sockets of the engine", () => {
  const { settings, problems } = read(`socket=udp:127.0.0.1:5060
socket=tcp:127.0.0.1:5060 as proxy.example.com:5070 tag west
socket=udp:[::1]:5062 use_workers 4
socket=udp:"127.0.0.1":5070 accept_subdomain
listen=udp:127.0.0.1:5060`);
  assert.deepEqual(problems, []);
  assert.deepEqual(settings.options["listen"], [
    "udp:127.0.0.1:5060",
    "tcp:127.0.0.1:5060 as proxy.example.com:5070 tag west",
    "udp:[::1]:5062",
    "udp:127.0.0.1:5070 accept_subdomain",
  ]);
});

test("transports that are none of ours are refused", () => {
  assert.deepEqual(read("socket=sctp:127.0.0.1:5060\nsocket=hep_udp:127.0.0.1:5061").problems, [
    "1: sctp sockets are not supported by Dialoom",
    "2: hep_udp sockets are not supported by Dialoom",
  ]);
});

test("aliases: one list, `any:` is no protocol", () => {
  const { settings } = read("alias=udp:example.com:5060 other.example any:third.example\nalias=other.example");
  assert.deepEqual(settings.options["alias"], ["udp:example.com:5060", "other.example", "third.example"]);
});

test("what the engine has an option for becomes that option", () => {
  const { settings, problems } = read(`server_header="Server: My Proxy"
user_agent_header="User-Agent: My Agent"
server_signature=no
mhomed=yes
tcp_connection_lifetime=60
tcp_connect_timeout=250
disable_503_translation=yes
advertised_address=proxy.example.com
advertised_port=5070`);
  assert.deepEqual(problems, []);
  assert.deepEqual(settings.options, {
    serverHeader: "My Proxy",
    userAgentHeader: "My Agent",
    serverSignature: false,
    mhomed: true,
    tcpConnectionLifetime: 60,
    tcpConnectTimeout: 250,
    disable503Translation: true,
    advertisedAddress: "proxy.example.com",
    advertisedPort: 5070,
  });
});

test("logging, and names of both generations", () => {
  const { settings } = read(
    'log_level=-1\nxlog_level=4\nlog_stderror=no\nlog_prefix="p"\nsyslog_facility=LOG_LOCAL3\nstderror_log_format="json"\nlog_level=3',
  );
  assert.equal(settings.logLevel, 3, "the last one wins");
  assert.equal(settings.xlogLevel, 4);
  assert.equal(settings.stderrEnabled, false);
  assert.equal(settings.logPrefix, "p");
  assert.equal(settings.syslogFacility, "LOG_LOCAL3");
  assert.equal(settings.stderrFormat, "json");
});

test("what has no meaning here is taken without a word, its type checked", () => {
  assert.deepEqual(read('udp_workers=4\nmpath="/x/"\nopen_files_limit=100\ndns_retr_no=2\nmem_warming=off').problems, []);
  assert.deepEqual(read('udp_workers="4"\nmhomed="yes"\nlog_prefix=5\nlog_name=x').problems, [
    "1: number expected (take the quotes away: udp_workers=4)",
    "2: number expected",
    '3: string expected (write log_prefix="5")',
    '4: string expected (write log_name="x")',
  ]);
});

test("unknown names suggest the nearest one, dropped ones what took their place", () => {
  assert.deepEqual(read("loglevel=3\nchildren=4\nfork=yes\nzzzzzz=1").problems, [
    "1: unknown global parameter <loglevel> (did you mean log_level?)",
    "2: unknown global parameter <children> (use udp_workers)",
    "3: unknown global parameter <fork> (there is one process and it stays in the foreground)",
    "4: unknown global parameter <zzzzzz>",
  ]);
});

test("words and values out of range", () => {
  assert.deepEqual(
    read('syslog_facility=LOG_NOWHERE\nstderror_log_format="xml"\nmax_while_loops=0\nlog_level=9').problems.map(
      (one) => one.split(" (")[0],
    ),
    [
      "1: unknown syslog facility <LOG_NOWHERE>",
      "2: unknown log format <xml>",
      "3: must be at least 1",
      "4: a level is -3 to 4: 9 is taken as 4",
    ],
  );
});
