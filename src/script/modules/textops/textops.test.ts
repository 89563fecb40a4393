import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { invariant } from "../../../kit/index.ts";
import { parseMessage, type SipMessage } from "../../../sip/index.ts";
import { checkScript, testScript } from "../../../testing/script.ts";
import { invite, LOAD, relayScript, SDP } from "../fixtures.ts";
import { parseSubstitution } from "../substitution.ts";

async function relayed(
  statements: string,
  request = invite(),
): Promise<{ printed: string; out: SipMessage; complaints: readonly string[] }> {
  const bench = await testScript(relayScript(statements), { request });
  await bench.advance(20);
  const { printed, complaints } = bench;
  const sent = bench.sent.find((message) => message.to === "10.0.0.3:5060");
  const out = parseMessage(sent?.text ?? "");
  await bench.close();
  invariant(out.ok, `not a message: ${sent?.text ?? complaints.join()}`);
  return { printed, out: out.value, complaints };
}

const codes = (...calls: readonly string[]): string => calls.map((call) => `${call}; xlog("$rc ");`).join("\n");

describe("searching", () => {
  test("looks at the whole message, or at its body", async () => {
    const { printed } = await relayed(
      codes(
        'search("^call-id: C1@")',
        'search("^INVITE sip:.*SIP/2.0")',
        'search("rtpmap:97")',
        'search("nothing")',
        'search_body("^o=alice")',
        'search_body("Call-ID")',
      ),
    );
    assert.equal(printed, "1 1 1 -1 1 -1 ");
  });
});

describe("replacing by an expression", () => {
  test("the first match in head or body; all matches in both", async () => {
    const { printed, out } = await relayed(
      codes(
        'replace("alice", "carol")',
        'replace_all("10\\.0\\.0\\.9", "192.0.2.1")',
        'replace_all("X-N[0-9]", "X-M")',
        'replace("nothing", "x")',
      ),
      invite(["X-N1: a", "X-N2: b"]),
    );
    assert.equal(printed, "1 1 1 -1 ");
    assert.equal(out.from.uri, "sip:carol@a.com");
    assert.deepEqual(out.values("X-M"), ["a", "b"]);
    assert.equal(out.body, SDP.replaceAll("10.0.0.9", "192.0.2.1"));
    assert.equal(out.header("Content-Length"), String(out.body.length));
  });
  test("the start line is not touched", async () => {
    const { out } = await relayed(codes('replace_all("sip:bob", "sip:eve")'));
    assert.ok(out.text.startsWith("INVITE sip:bob@10.0.0.3;x=y SIP/2.0"));
    assert.equal(out.to.uri, "sip:eve@b.com");
  });
  test("in the body by lines, or as a whole", async () => {
    const lines = await relayed(codes('replace_body("^a=.*$", "a=x")', 'replace_body_all("^m=.*$", "m=y")', 'replace_body("^c1@", "x")'));
    assert.equal(lines.printed, "1 1 -1 ");
    assert.deepEqual(
      lines.out.body.split("\n").filter((line) => /^[am]=/.test(line)),
      ["m=y", "a=x", "a=fmtp:97 mode=any\r", "m=y", "a=sendonly\r"],
    );
    const whole = await relayed(`${codes('replace_body_atonce("^.+$", "")')} remove_hf("Content-Type");`);
    assert.equal(whole.printed, "1 ");
    assert.equal(whole.out.body, "");
    assert.equal(whole.out.contentType, undefined);
    assert.equal(whole.out.header("Content-Length"), "0");
  });
  test("thousands of matches take no time, and all are replaced", async () => {
    const value = "a.".repeat(7000);
    const before = performance.now();
    const { printed, out } = await relayed(
      `remove_hf("X-Gone"); ${codes('replace_all("a\\.", "bc")', 'replace_all("^X-", "Y-")')}`,
      invite([`X-A: ${value}`, `X-B: ${value}`, `X-C: ${value}`, "X-Gone: 1"], ""),
    );
    assert.ok(performance.now() - before < 2000);
    assert.equal(printed, "1 1 ");
    for (const name of ["Y-A", "Y-B", "Y-C"]) assert.equal(out.header(name), "bc".repeat(7000));
  });
  test("behind the first match", async () => {
    const { printed, out } = await relayed(
      codes('search_append("<sip:alice", ".smith")', 'search_append_body("^s=-", " (music)")', 'search_append_body("none", "x")'),
    );
    assert.equal(printed, "1 1 -1 ");
    assert.equal(out.from.uri, "sip:alice.smith@a.com");
    assert.match(out.body, /^s=- \(music\)\r$/m);
  });
  test("a variable cannot end a header line; the script's own text can", async () => {
    const { printed, out } = await relayed(
      `$var(x) = "c1${String.raw`\r\n`}X-Evil: 1"; ${codes('replace("c1@10.0.0.2", $var(x))', 'replace("^Max-Forwards", "X-Own: 1\\r\\nMax-Forwards")')}`,
    );
    assert.equal(printed, "-1 1 ");
    assert.equal(out.callId, "c1@10.0.0.2");
    assert.equal(out.has("X-Evil"), false);
    assert.equal(out.header("X-Own"), "1");
  });
});

describe("substitutions", () => {
  test("put groups, variables and the Request-URI into headers", async () => {
    const { printed, out } = await relayed(
      codes(
        String.raw`subst('/^To:(.*)sip:[^@]*@[a-zA-Z0-9.]+(.*)$/t:\1\u\2/ig')`,
        String.raw`subst('/^(X-A): (.*)$/\1: $fU-\2/')`,
        "subst('/nothing/x/')",
        "subst('/x-a/y/')",
      ),
      invite(["X-A: one"]),
    );
    assert.equal(printed, "1 1 -1 -1 ");
    assert.equal(out.to.uri, "sip:bob@10.0.0.3;x=y");
    assert.equal(out.header("X-A"), "alice-one");
  });
  test("in bodies: by lines, or with s as one line", async () => {
    const { printed, out } = await relayed(
      codes("subst_body('/^o=([^ ]*) /o=$fU /')", "subst_body('/a=rtpmap.*sendonly[[:space:]]+//s')", "subst_body('/^c1//')"),
    );
    assert.equal(printed, "1 1 -1 ");
    assert.ok(out.body.startsWith("v=0\r\no=alice 1 1"));
    assert.ok(out.body.endsWith("m=audio 49170 RTP/AVP 0 8 97\r\n"));
  });
  test("of the Request-URI, and of its user", async () => {
    const { printed } = await relayed(
      `${codes(String.raw`subst_uri('/^sip:([a-z]+)@(.*)$/sip:3463\1@\2;o=\1/i')`, "subst_uri('/nothing//')")} xlog("$ru ");
       $ru = "sip:12:pw@10.0.0.3"; ${codes(String.raw`subst_user('/(.*)2$/$fU\13/')`, "subst_user('/l/ /')", "subst_user('/.*//')")} xlog("$ru");`,
    );
    assert.equal(printed, "1 -1 sip:3463bob@10.0.0.3;x=y;o=bob 1 -1 1 sip:10.0.0.3");
  });
  test("a variable cannot end a header line", async () => {
    const { printed, out, complaints } = await relayed(
      `$avp(x) = "a${String.raw`\r\n`}X-Evil: 1"; ${codes("subst('/c1@/$avp(x)/')", String.raw`subst('/^Max-Forwards/X-Own: $fU\r\nMax-Forwards/')`)}`,
    );
    assert.equal(printed, "-1 1 ");
    assert.equal(out.has("X-Evil"), false);
    assert.equal(out.header("X-Own"), "alice");
    assert.match(complaints.join(), /a variable brings a line end into a header/);
  });
  test("are taken apart at their delimiter", () => {
    assert.deepEqual(parseSubstitution(String.raw`#a\#b/#c\#d#GI`), {
      pattern: "a#b/",
      replacement: "c#d",
      isGlobal: true,
      ignoresCase: true,
      isOneLine: false,
    });
    for (const bad of ["", "abc", "/a", "/a/b", "/a/b/x", "\\a\\b\\"]) assert.equal(typeof parseSubstitution(bad), "string", bad);
  });
  test("that do not read are errors of the script, in their place", () => {
    const problems = checkScript(
      `${LOAD}\nroute {\n  subst('/a/b');\n  subst_body('/(/x/');\n  subst('/a/$nope/');\n  subst_user("/a/b/q");\n}`,
    ).join("\n");
    assert.match(problems, /error 14:9 bad substitution <\/a\/b>: the substitution has no third \//);
    assert.match(problems, /error 15:14 bad re "\("/);
    assert.match(problems, /error 16:9 .*nope/);
    assert.match(problems, /error 17:14 .*unknown flag <q>/);
  });
});
