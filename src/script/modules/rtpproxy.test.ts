import assert from "node:assert/strict";
import { test } from "node:test";
import { checkScript, testScript } from "../../testing/script.ts";

const LOAD = ["proto_udp", "sl", "tm", "rr", "event_route", "dialog", "rtpproxy"].map((name) => `loadmodule "${name}.so"`).join("\n");

test("the sockets of relays and of their notices become settings of the engine", async () => {
  const bench = await testScript(`${LOAD}
modparam("rtpproxy", "rtpproxy_sock", "udp:10.0.0.9:7722")
modparam("rtpproxy", "rtpp_notify_socket", "tcp:127.0.0.1:0")
event_route[E_RTPPROXY_DTMF] { xlog("$param(digit)\\n"); }
route { exit; }
`);
  const { rtpproxy } = bench.engine.rooms;
  assert.deepEqual(rtpproxy?.socket, { ip: "127.0.0.1", port: 0 });
  assert.deepEqual([...(rtpproxy?.peers ?? [])], ["10.0.0.9"]);
  assert.deepEqual(bench.problems, []);
  await bench.close();
});

test("a relay must be named; without a notification socket nothing listens", async () => {
  assert.match(checkScript(`${LOAD}\nroute { exit; }\n`).join("\n"), /no rtpproxy set specified/);
  const bench = await testScript(`${LOAD}\nmodparam("rtpproxy", "rtpproxy_sock", "udp:10.0.0.9:7722")\nroute { exit; }\n`);
  assert.equal(bench.engine.rooms.rtpproxy, undefined);
  await bench.close();
});
