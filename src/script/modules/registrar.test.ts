// Scripts that register users and call them (script-language 8.7, side-modules 3), on an engine in virtual time.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkScript, type ScriptBench, testScript } from "../../testing/script.ts";
import { replyText, requestText, startOf } from "../door/fixtures.ts";
import { readLookupFlags, readSaveFlags } from "./registrar/flags.ts";

const HEAD = `
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "signaling.so"
loadmodule "sipmsgops.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("registrar", "received_avp", "$avp(rcv)")
`;
const SCRIPT = `${HEAD}
route {
  if (is_method("REGISTER")) {
    if ($hdr(X-Nat) != NULL) { $avp(rcv) = "sip:192.0.2.7:1024"; setbflag("NAT"); }
    save("location", "p1");
    xlog("saved $rc;");
    exit;
  }
  lookup("location", "m");
  $var(rc) = $rc;
  xlog("lookup $var(rc) $ru $du [$(branch(uri)[*])];");
  if ($var(rc) < 0) { send_reply(404, "Not Found"); exit; }
  t_relay();
}
`;

function register(contacts: string, cseq: number, headers = ""): string {
  return (
    "REGISTER sip:example.org SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bKr" +
    `${cseq}\r\nMax-Forwards: 70\r\nFrom: <sip:bob@example.org>;tag=r\r\nTo: <sip:bob@example.org>\r\nCall-ID: reg@10.0.0.3\r\n` +
    `CSeq: ${cseq} REGISTER\r\n${contacts === "" ? "" : `Contact: ${contacts}\r\n`}${headers}Content-Length: 0\r\n\r\n`
  );
}

async function send(bench: ScriptBench, text: string, from = "10.0.0.3:5060"): Promise<string> {
  bench.take();
  bench.receive(text, from);
  await bench.advance(20);
  return bench.sent.map((one) => one.text).join("\n");
}

const invite = (callId: string, headers = ""): string =>
  requestText("INVITE", { uri: "sip:bob@example.org", callId, branch: `z9hG4bK${callId}`, headers });

describe("save() and lookup()", () => {
  test("a user registers and is called at all contacts, the best as Request-URI, the others as branches", async () => {
    const bench = await testScript(SCRIPT);
    const ok = await send(bench, register("<sip:bob@10.0.0.5>;q=0.2, <sip:bob@10.0.0.4:5064>;q=0.7;expires=100", 1));
    assert.match(ok, /^SIP\/2\.0 200 OK\r\n/);
    assert.match(ok, /\r\nContact: <sip:bob@10\.0\.0\.4:5064>;q=0\.7;expires=100, <sip:bob@10\.0\.0\.5>;q=0\.2;expires=3600\r\n/);
    await send(bench, invite("c1"), "10.0.0.2:5060");
    assert.deepEqual(
      bench.sent.map((one) => `${startOf(one.text)} ${one.to}`),
      ["INVITE 10.0.0.4:5064", "INVITE 10.0.0.5:5060"],
    );
    assert.equal(bench.printed, "saved 1;lookup 1 sip:bob@10.0.0.4:5064 <null> [sip:bob@10.0.0.5];");
    await bench.close();
  });

  test("what a user has told of itself decides: methods, where it came from, its Path; flags come back", async () => {
    const bench = await testScript(SCRIPT.replace("t_relay();", 'xlog("flags $bf path $path;"); t_relay();'));
    const path = "Path: <sip:10.0.0.9:5062;lr>\r\nSupported: path\r\n";
    const ok = await send(bench, register('<sip:bob@192.168.0.4>;methods="INVITE,BYE"', 1, `X-Nat: 1\r\n${path}`));
    assert.match(ok, /;received="sip:192\.0\.2\.7:1024"\r\n/);
    assert.match(ok, /\r\nPath: <sip:10\.0\.0\.9:5062;lr>\r\n/);
    const call = await send(bench, invite("c1"), "10.0.0.2:5060");
    assert.equal(bench.sent[0]?.to, "10.0.0.9:5062");
    assert.match(call, /^INVITE sip:bob@192\.168\.0\.4 SIP\/2\.0\r\n/);
    assert.match(call, /\r\nRoute: <sip:10\.0\.0\.9:5062;lr>\r\n/);
    await send(bench, requestText("MESSAGE", { uri: "sip:bob@example.org", callId: "m1" }), "10.0.0.2:5060");
    const printed = bench.printed.split(";").map((part) => part.trim());
    assert.ok(
      printed.some((part) => part.startsWith("lookup -2")),
      bench.printed,
    );
    assert.ok(bench.printed.includes("flags NAT path <sip:10.0.0.9:5062;lr>;"), bench.printed);
    await bench.close();
  });

  test("a contact behind a NAT is reached where it came from, without Path", async () => {
    const bench = await testScript(SCRIPT);
    await send(bench, register("<sip:bob@192.168.0.4>", 1, "X-Nat: 1\r\n"));
    await send(bench, invite("c1"), "10.0.0.2:5060");
    assert.equal(bench.sent[0]?.to, "192.0.2.7:1024");
    await bench.close();
  });

  test("nobody is there: −1 before, after expiry, after removal; a URI without user: −3", async () => {
    const bench = await testScript(SCRIPT);
    const call = async (id: string, uri = "sip:bob@example.org"): Promise<string> => {
      await send(bench, requestText("OPTIONS", { uri, callId: id, branch: `z9hG4bK${id}` }), "10.0.0.2:5060");
      return startOf(bench.sent[0]?.text ?? "");
    };
    assert.equal(await call("1"), "404");
    await send(bench, register("<sip:bob@10.0.0.4>;expires=60", 1));
    assert.equal(await call("2"), "OPTIONS");
    await bench.advance(62_000);
    assert.equal(await call("3"), "404");
    await send(bench, register("<sip:bob@10.0.0.4>", 2));
    assert.match(await send(bench, register("*", 3, "Expires: 0\r\n")), /200 OK/);
    assert.equal(await call("4"), "404");
    await call("5", "sip:example.org");
    const results = [...bench.printed.matchAll(/lookup (-?\d)/g)].map(([, result]) => result);
    assert.deepEqual(results, ["-1", "1", "-1", "-1", "-3"]);
    await bench.close();
  });

  test("refusals are answered with their reason, return −2, and leave the contacts alone", async () => {
    const bench = await testScript(SCRIPT.replace('"p1"', '"c1"').replace("route {", 'modparam("registrar", "retry_after", 30) route {'));
    await send(bench, register("<sip:bob@10.0.0.4>", 1));
    const refused = await send(bench, register("<sip:bob@10.0.0.5>", 2));
    assert.match(refused, /^SIP\/2\.0 503 Service Unavailable\r\n/);
    assert.match(refused, /\r\nP-Registrar-Error: Too many registered contacts\r\nRetry-After: 30\r\n/);
    assert.equal(bench.printed, "saved 1;saved -2;");
    assert.equal(bench.engine.registrar.table("location").bindingCount, 1);
    await bench.close();
  });

  test("flags: no answer, the oldest makes room, only the request's contacts", async () => {
    const bench = await testScript(`${HEAD}
      route { save("location", "no-reply, max-contacts=1, force-registration"); xlog("$rc;"); send_reply(202, "Mine"); exit; }`);
    assert.match(await send(bench, register("<sip:bob@10.0.0.4>", 1)), /^SIP\/2\.0 202 Mine/);
    assert.match(await send(bench, register("<sip:bob@10.0.0.5>", 2)), /^SIP\/2\.0 202 Mine/);
    assert.equal(bench.printed, "1;1;");
    assert.deepEqual(
      bench.engine.registrar
        .table("location")
        .get("bob")
        ?.bindings.map((one) => one.uri),
      ["sip:bob@10.0.0.5"],
    );
    await bench.close();
  });

  test("headers queued for the answer stand in it; call records see the answer", async () => {
    const bench = await testScript(`${HEAD} route { append_to_reply("X-Own: 1\\r\\n"); save("location"); exit; }`);
    assert.match(await send(bench, register("<sip:bob@10.0.0.4>", 1)), /\r\nX-Own: 1\r\n/);
    await bench.close();
  });

  test("in a reply route the lifetimes that another registrar granted are saved", async () => {
    const bench = await testScript(`${HEAD}
      route { t_on_reply("saving"); $du = "sip:10.0.0.9:5060"; t_relay(); exit; }
      onreply_route[saving] { save("location"); xlog("$rs $rc;"); }`);
    await send(bench, register("<sip:bob@10.0.0.4>;expires=3000", 1));
    const forwarded = bench.sent[0];
    assert.ok(forwarded !== undefined);
    const granted = replyText(forwarded.text, 200).replace("<sip:bob@10.0.0.3:5060>", "<sip:bob@10.0.0.4>;expires=120");
    await send(bench, granted, "10.0.0.9:5060");
    assert.equal(bench.printed, "200 1;");
    const { registrar } = bench.engine;
    assert.equal(registrar.table("location").get("bob")?.bindings[0]?.secondsLeft(registrar.now), 120);
    await bench.close();
  });

  test("branches that the script added are looked up with flag r; with B all contacts become branches", async () => {
    const bench = await testScript(`${HEAD}
      route {
        if (is_method("REGISTER")) { save("location"); exit; }
        $branch = "sip:bob@example.org";
        lookup("location", $hdr(X-Flags));
        xlog("$rc $ru [$(branch(uri)[*])];");
        send_reply(200, "OK");
      }`);
    await send(bench, register("<sip:bob@10.0.0.4>, <sip:bob@10.0.0.5>", 1));
    await send(
      bench,
      requestText("OPTIONS", { uri: "sip:nobody@example.org", headers: "X-Flags: r\r\n", branch: "z9hG4bKa" }),
      "10.0.0.2:5060",
    );
    await send(
      bench,
      requestText("OPTIONS", { uri: "sip:bob@example.org", headers: "X-Flags: B\r\n", branch: "z9hG4bKb" }),
      "10.0.0.2:5060",
    );
    await send(
      bench,
      requestText("OPTIONS", { uri: "sip:bob@example.org", headers: "X-Flags: b\r\n", branch: "z9hG4bKc" }),
      "10.0.0.2:5060",
    );
    assert.equal(
      bench.printed,
      "1 sip:nobody@example.org [sip:bob@10.0.0.5, sip:bob@10.0.0.4];" +
        "1 sip:bob@example.org [sip:bob@example.org, sip:bob@10.0.0.5, sip:bob@10.0.0.4];" +
        "1 sip:bob@10.0.0.5 [sip:bob@example.org];",
    );
    await bench.close();
  });
});

describe("the other functions", () => {
  test("is_registered, is_contact_registered, is_ip_registered, remove, add_sock_hdr", async () => {
    const bench = await testScript(`${HEAD}
      route {
        if (is_method("REGISTER")) { save("location"); exit; }
        is_registered("location", "sip:bob@example.org"); xlog("$rc ");
        is_registered("location"); xlog("$rc ");
        is_contact_registered("location", "sip:bob@example.org", "sip:bob@10.0.0.4"); xlog("$rc ");
        is_contact_registered("location", "sip:bob@example.org", "sip:bob@10.0.0.4", "other"); xlog("$rc ");
        $var(ip) = "10.0.0.4";
        is_ip_registered("location", "sip:bob@example.org", $var(ip)); xlog("$rc ");
        is_ip_registered("location", "sip:bob@example.org", $si); xlog("$rc ");
        remove("location", "sip:bob@example.org", , "10.0.0.99"); xlog("$rc ");
        remove("location", "sip:bob@example.org", "sip:bob@10.0.0.4"); xlog("$rc ");
        is_registered("location", "sip:bob@example.org"); xlog("$rc ");
        add_sock_hdr("X-Sock"); xlog("$rc");
        $du = "sip:10.0.0.9"; t_relay();
      }`);
    await send(bench, register("<sip:bob@10.0.0.4>", 1));
    const relayed = await send(bench, requestText("OPTIONS"), "10.0.0.2:5060");
    assert.equal(bench.printed, "1 -1 1 -1 1 -1 -1 1 -1 1");
    assert.match(relayed, /\r\nX-Sock: udp:10\.0\.0\.1:5060\r\n/);
    await bench.close();
  });

  test("events of addresses and contacts are raised", async () => {
    const bench = await testScript(SCRIPT);
    await send(bench, register("<sip:bob@10.0.0.4>", 1));
    await bench.advance(3_602_000);
    const raised = bench.events.raised.map(({ name, parameters }) => `${name} ${parameters[1]?.[1]} ${parameters[2]?.[1] ?? ""}`);
    assert.deepEqual(raised, [
      "E_UL_AOR_INSERT bob ",
      "E_UL_CONTACT_INSERT bob sip:bob@10.0.0.4",
      "E_UL_CONTACT_DELETE bob sip:bob@10.0.0.4",
      "E_UL_AOR_DELETE bob ",
    ]);
    await bench.close();
  });
});

describe("what is wrong with a script", () => {
  const problems = (text: string): readonly string[] => checkScript(`${HEAD}${text}`);
  const one = (text: string): string => problems(text).join("\n");

  test("flags are read with the script: unknown words are errors, unknown letters warnings", () => {
    assert.match(one('route { save("location", "memory-onyl"); }'), /error .*unknown flag <memory-onyl>/);
    assert.match(one('route { save("location", "fx"); }'), /warning .*unknown flag letters <x>/);
    assert.match(one('route { save("location", "c"); }'), /error .*a number is missing after <c>/);
    assert.match(one('route { lookup("location", "u(x"); }'), /error .*expression/);
    assert.match(one("route { save($var(t)); }"), /error/);
    assert.deepEqual(problems('route { if (!lookup("location", "mbgrBuYiy100")) exit; }').length, 1);
    assert.deepEqual(problems('route { if (!lookup("location", "method-filtering")) exit; save("location", "cf"); }').length, 1);
  });

  test("parameters: AVPs, exclusive modes, what needs a store; registrar needs usrloc", async () => {
    const none = "route { exit; }";
    assert.match(one(`modparam("registrar", "attr_avp", "attr") ${none}`), /attr_avp is not an AVP/);
    assert.match(
      one(`modparam("usrloc", "db_mode", 1) modparam("usrloc", "working_mode_preset", "sql-only") ${none}`),
      /exclude each other/,
    );
    assert.match(one(`modparam("usrloc", "working_mode_preset", "sql") ${none}`), /unknown working_mode_preset/);
    assert.match(
      checkScript(`loadmodule "registrar.so" loadmodule "signaling.so" loadmodule "sl.so" ${none}`).join(),
      /depends on module usrloc/,
    );
    const preset = (mode: string): string => `modparam("usrloc", "working_mode_preset", "${mode}") ${none}`;
    assert.match(one(preset("single-instance-sql-write-back")), /usrloc depends on an sqldb module due to modparam working_mode_preset/);
    assert.match(one(`loadmodule "db_sqlite.so" ${preset("sql-only")}`), /sql-only: registrations are kept in memory as well/);
    const shared = await testScript(`${HEAD} ${preset("full-sharing-cluster")}`);
    assert.match(
      shared.program.needs().join(),
      /"full-sharing-cluster" shares registrations between nodes, which comes with a later release/,
    );
    await shared.close();
    await assert.rejects(
      testScript(`${HEAD} loadmodule "db_sqlite.so" ${preset("single-instance-sql-write-through")}`),
      /locationStore: no database is named/,
    );
    const memory = await testScript(`${HEAD} modparam("usrloc", "working_mode_preset", "single-instance-no-db") ${none}`);
    assert.deepEqual(memory.program.needs(), []);
    await memory.close();
  });
});

test("letters and words say the same", () => {
  const pairs = [
    ["m", "memory-only"],
    ["o", "only-request-contacts"],
    ["r", "no-reply"],
    ["s", "socket-header"],
    ["v", "path-received"],
    ["f", "force-registration"],
    ["c12e30E90p2", "max-contacts=12,min-expires=30,max-expires=90,path-strict"],
    ["M1", "matching-mode=1"],
    ["M<rinst>", "matching-mode=<rinst>"],
  ] as const;
  for (const [letters, words] of pairs) assert.deepEqual(readSaveFlags(letters), readSaveFlags(words), words);
  assert.deepEqual(
    readLookupFlags("mbrBy50Y"),
    readLookupFlags("method-filtering,no-branches,branch,to-branches-only,max-ping-latency=50,sort-by-latency"),
  );
  assert.deepEqual(readLookupFlags("u/^(Phone, one)/i"), readLookupFlags("ua-filtering=/^(Phone, one)/,case-insensitive"));
  assert.ok(readLookupFlags("u/^phone/i").flags.userAgent?.test("Phone 1"));
});
