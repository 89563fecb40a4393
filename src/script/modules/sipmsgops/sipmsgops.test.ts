import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { invariant } from "../../../kit/index.ts";
import { bodyParts, parseMessage, type SipMessage } from "../../../sip/index.ts";
import { checkScript, testScript } from "../../../testing/script.ts";
import { answer, invite, LOAD, relayScript, SDP } from "../fixtures.ts";
import { globMatches } from "../glob.ts";
import { headerLines } from "./headers.ts";

function parsed(text: string | undefined): SipMessage {
  const message = parseMessage(text ?? "");
  invariant(message.ok, `not a message: ${text ?? "nothing"}`);
  return message.value;
}

/** Runs statements on a request and gives what they printed and what left towards the callee. */
async function relayed(
  statements: string,
  request = invite(),
  more = "",
): Promise<{ printed: string; out: SipMessage; complaints: readonly string[] }> {
  const bench = await testScript(relayScript(statements, more), { request });
  await bench.advance(20);
  const { printed, complaints } = bench;
  const out = parsed(bench.sent.find((message) => message.to === "10.0.0.3:5060")?.text);
  await bench.close();
  return { printed, out, complaints };
}

/** Gives what came back to the caller after a route of replies. */
async function replied(
  statements: string,
  response: (request: string) => string,
): Promise<{ printed: string; out: SipMessage; complaints: readonly string[] }> {
  const bench = await testScript(relayScript('t_on_reply("r");', `onreply_route[r] {\n${statements}\n}`), { request: invite() });
  await bench.advance(20);
  const request = bench.take().find((message) => message.to === "10.0.0.3:5060")?.text ?? "";
  bench.receive(response(request), "10.0.0.3:5060");
  await bench.advance(20);
  const { printed, complaints } = bench;
  const out = parsed(bench.sent.filter((message) => message.to === "10.0.0.2:5060").at(-1)?.text);
  await bench.close();
  return { printed, out, complaints };
}

const codes = (...calls: readonly string[]): string => calls.map((call) => `${call}; xlog("$rc ");`).join("\n");
const names = (message: SipMessage): string[] => Array.from({ length: message.headerCount }, (_, i) => message.headerName(i));

describe("tests of a message", () => {
  test("has_totag, is_method, is_present_hf and is_privacy answer 1 or −1", async () => {
    const { printed } = await relayed(
      codes(
        "has_totag()",
        'is_method("INVITE")',
        'is_method("bye|invite")',
        'is_method("OPTIONS|NOSUCH")',
        'is_present_hf("m")',
        'is_present_hf("x-a")',
        'is_present_hf("X-B")',
        'is_privacy("ID")',
        'is_privacy("user")',
      ),
      invite(["X-A: 1", "Privacy: header;id"]),
    );
    assert.equal(printed, "-1 1 1 -1 1 1 -1 1 -1 ");
  });
  test("names may come from variables", async () => {
    const { printed } = await relayed(
      `$var(m) = "ACK|INVITE"; $var(h) = "Contact"; ${codes("is_method($var(m))", "is_present_hf($var(h))", 'is_method("$var(h)")')}`,
    );
    assert.equal(printed, "1 1 -1 ");
  });
  test("in a reply the method is that of CSeq", async () => {
    const { printed } = await replied(codes('is_method("INVITE")', "has_totag()"), (request) => answer(request, "180 Ringing"));
    assert.equal(printed, "1 1 ");
  });
});

describe("headers", () => {
  test("are added behind all others, behind one, above all and before one; what is read stays as it came (13)", async () => {
    const { printed, out } = await relayed(
      `${codes(
        String.raw`append_hf("X-Last: $fU\r\n")`,
        String.raw`append_hf("X-After: 1\r\nX-After2: 2\r\n", "call-id")`,
        String.raw`insert_hf("X-First: 1\r\n")`,
        String.raw`insert_hf("X-Before: 1\r\n", "To")`,
        String.raw`append_hf("X-Nowhere: 1\r\n", "X-None")`,
        'is_present_hf("X-Last")',
      )} xlog("$hdr(X-Last)");`,
      invite([], ""),
    );
    assert.equal(printed, "1 1 1 1 1 -1 <null>");
    assert.deepEqual(names(out), [
      "Via",
      "X-First",
      "Via",
      "Max-Forwards",
      "From",
      "X-Before",
      "To",
      "Call-ID",
      "X-After",
      "X-After2",
      "CSeq",
      "Contact",
      "Content-Length",
      "X-Last",
      "X-Nowhere",
    ]);
    assert.equal(out.header("X-Last"), "alice");
  });
  test("are removed by name, pattern and expression; none is −1", async () => {
    const { printed, out } = await relayed(
      codes(
        'remove_hf("X-A")',
        'remove_hf("X-A")',
        'remove_hf("x-none")',
        'remove_hf_re("^X-g.+[0-9]$")',
        'remove_hf_glob("x-billing*")',
        'remove_hf_glob("Q*")',
      ),
      invite(["X-A: 1", "x-a: 2", "X-Gone1: 3", "X-G: 4", "X-Billing-Account: 5", "X-Billing: 6"]),
    );
    assert.equal(printed, "1 1 -1 1 1 -1 ");
    assert.deepEqual(
      names(out).filter((name) => name.toLowerCase().startsWith("x-")),
      ["X-G"],
    );
  });
  test("a missing line end is added; what is no header line is refused", async () => {
    const { out, complaints, printed } = await relayed(`append_hf("X-A: 1"); $var(x) = "no header"; ${codes("append_hf($var(x))")}`);
    assert.equal(out.header("X-A"), "1");
    assert.equal(printed, "-1 ");
    assert.match(complaints.join(), /<no header> is no header line/);
    assert.match(checkScript(`${LOAD}\nroute { append_hf("oops"); }`).join(), /error 13:19 <oops> is no header line/);
  });
  test("a variable cannot bring a second line into them (decision 27)", async () => {
    const { printed, out } = await relayed(
      `$var(x) = "1" + "${String.raw`\r\nX-Evil: 1`}"; ${codes(String.raw`append_hf("X-A: $var(x)\r\n")`)} $var(h) = "X-B: 2${String.raw`\r\n`}"; ${codes("append_hf($var(h))")}`,
    );
    assert.equal(printed, "-1 1 ");
    assert.equal(out.has("X-A"), false);
    assert.equal(out.has("X-Evil"), false);
    assert.equal(out.header("X-B"), "2");
  });
  test("complete lines are made of what scripts write", () => {
    assert.equal(headerLines("A: b"), "A: b\r\n");
    assert.equal(headerLines("A: b\n"), "A: b\r\n");
    assert.equal(headerLines("A: b\r\nC: d\r\n"), "A: b\r\nC: d\r\n");
    for (const bad of ["", "A", ": b", " A: b", "\r\nA: b", "A: b\r\n\r\nbody", "A: b\n\nc", "A: \0"])
      assert.equal(headerLines(bad), undefined);
  });
  test("append_urihf puts the Request-URI that came between two texts", async () => {
    const { out, printed } = await relayed(`$ru = "sip:other@10.0.0.3"; ${codes(String.raw`append_urihf("CC-Diversion: ", "\r\n")`)}`);
    assert.equal(printed, "1 ");
    assert.equal(out.header("CC-Diversion"), "sip:bob@10.0.0.3;x=y");
  });
  test("append_to_reply and append_time go into answers made here", async () => {
    const bench = await testScript(
      `${LOAD}\nroute { ${codes(String.raw`append_to_reply("Retry-After: 7\r\n")`, "append_time()")} sl_send_reply(503, "Later"); }`,
      { request: invite() },
    );
    await bench.advance(20);
    const out = parsed(bench.sent.at(-1)?.text);
    assert.equal(bench.printed, "1 1 ");
    assert.equal(out.header("Retry-After"), "7");
    assert.match(out.header("Date") ?? "", /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/);
    await bench.close();
  });
  test("in a reply they reach the caller", async () => {
    const { out } = await replied(String.raw`remove_hf("Server"); append_hf("X-Via: us\r\n");`, (request) =>
      answer(request, "180 Ringing", ["Server: x"]),
    );
    assert.equal(out.header("X-Via"), "us");
    assert.equal(out.has("Server"), false);
  });
  test("in local_route they belong to the request that we make (13)", async () => {
    const bench = await testScript(
      `${LOAD}\nlocal_route { ${codes('remove_hf("X-TID")', String.raw`append_hf("X-Mine: 1\r\n")`, 'is_present_hf("X-TID")')} }
       route { t_new_request("OPTIONS", "sip:10.0.0.3", "sip:me@10.0.0.1", "sip:x@10.0.0.3"); exit; }`,
      { request: invite() },
    );
    await bench.advance(20);
    const out = parsed(bench.sent.find((message) => message.text.startsWith("OPTIONS"))?.text);
    assert.equal(bench.printed, "-1 1 -1 ");
    assert.equal(out.header("X-Mine"), "1");
    await bench.close();
  });
});

describe("lists of options", () => {
  test("are tested, extended and shortened", async () => {
    const { printed, out } = await relayed(
      codes(
        'list_hdr_has_option("Supported", "100REL")',
        'list_hdr_has_option("Supported", "path")',
        'list_hdr_has_option("Supported", "nothing")',
        'list_hdr_add_option("Supported", "gruu")',
        'list_hdr_add_option("Require", "gruu")',
        'list_hdr_remove_option("Supported", "100rel")',
        'list_hdr_remove_option("k", "path")',
        'list_hdr_remove_option("Supported", "nothing")',
        'list_hdr_has_option("Supported", "gruu")',
      ),
      invite(["Supported: 100rel, timer", "k: path"]),
    );
    assert.equal(printed, "1 1 -1 1 -1 1 1 -1 -1 ");
    assert.deepEqual(out.values("Supported"), ["timer", "gruu"]);
  });
});

describe("bodies", () => {
  test("has_body and has_body_part tell what is there", async () => {
    const { printed } = await relayed(
      codes("has_body()", 'has_body("application/sdp")', 'has_body("text/plain")', 'has_body_part("application/*")'),
    );
    assert.equal(printed, "1 1 -1 1 ");
    const empty = await relayed(
      codes("has_body()", 'has_body("application/sdp")', "has_body_part()", "remove_body_part()"),
      invite([], ""),
    );
    assert.equal(empty.printed, "-1 -1 -1 -1 ");
  });
  test("parts are added and taken away; types and lengths follow", async () => {
    const { printed, out } = await relayed(
      codes(
        String.raw`add_body_part("Hello", "text/plain", "Content-ID: <1>\r\n")`,
        'add_body_part("x", "no type")',
        'has_body_part("text/plain")',
        'remove_body_part("image/png")',
      ),
    );
    assert.equal(printed, "1 -1 1 -1 ");
    assert.deepEqual(
      bodyParts(out.contentType, out.body).map((part) => [part.contentType, part.headers, part.body]),
      [
        ["application/sdp", "", SDP],
        ["text/plain", "Content-ID: <1>\r\n", "Hello"],
      ],
    );
    assert.equal(out.header("Content-Length"), String(out.body.length));
  });
  test("with revert all other parts go; without a type the body goes", async () => {
    const reverted = await relayed(codes('add_body_part("Hello", "text/plain")', 'remove_body_part("application/sdp", "revert")'));
    assert.equal(reverted.out.contentType, "application/sdp");
    assert.equal(reverted.out.body, SDP);
    const gone = await relayed(codes("remove_body_part()"));
    assert.equal(gone.out.contentType, undefined);
    assert.equal(gone.out.body, "");
    assert.equal(gone.out.header("Content-Length"), "0");
  });
});

describe("codecs and streams", () => {
  test("later tests see what earlier functions have done", async () => {
    const { printed, out } = await relayed(
      codes(
        'codec_exists("SPEEX")',
        'codec_exists("speex", "8000")',
        'codec_delete("speex", "16000")',
        'codec_exists("speex")',
        'codec_move_up("PCMA")',
        'codec_move_down_re("^PCMA$")',
        'codec_move_up_re("nothing")',
        'stream_exists("vid.o")',
        'stream_delete("video")',
        'stream_exists("video")',
        'codec_delete("speex")',
      ),
    );
    assert.equal(printed, "1 -1 1 -1 1 1 -1 1 1 -1 -1 ");
    assert.equal(out.body, SDP.slice(0, SDP.indexOf("a=rtpmap")).replace(" 97", ""));
  });
  test("all but those of an expression", async () => {
    const { printed, out } = await relayed(
      codes('codec_delete_except_re("PCMA|H261")', 'codec_exists_re("PCMU|speex")', 'codec_delete_re("PCMA")'),
    );
    assert.equal(printed, "1 -1 1 ");
    assert.match(out.body, /^m=audio 0 RTP\/AVP 8\r$/m);
  });
  test("is_audio_on_hold says how", async () => {
    const held = async (change: (sdp: string) => string): Promise<string> =>
      (await relayed(codes("is_audio_on_hold()"), invite([], change(SDP)))).printed;
    assert.equal(await held((sdp) => sdp), "-1 ");
    assert.equal(await held((sdp) => sdp.replace("c=IN IP4 10.0.0.9", "c=IN IP4 0.0.0.0")), "1 ");
    assert.equal(await held((sdp) => sdp.replace("a=rtpmap", "a=inactive\r\na=rtpmap")), "2 ");
  });
});

describe("the Request-URI", () => {
  test("gains and loses parameters", async () => {
    const { printed } = await relayed(
      `${codes(
        'ruri_has_param("x", "Y")',
        'ruri_has_param("x")',
        'ruri_has_param("z", "1")',
        'ruri_add_param("nat")',
        'ruri_has_param("nat")',
        'ruri_del_param("x")',
        'ruri_del_param("x")',
        'ruri_add_param("no good")',
      )} xlog("$ru");`,
    );
    assert.equal(printed, "1 -1 -1 1 1 1 -1 -1 sip:bob@10.0.0.3;nat");
  });
  test("tel becomes sip, of the caller's domain", async () => {
    const { printed } = await relayed(
      `${codes("ruri_tel2sip()")} xlog("$ru "); ${codes("ruri_tel2sip()")}`,
      invite([], SDP, "tel:+1-201-555-0123"),
    );
    assert.equal(printed, "1 sip:+12015550123@a.com;user=phone 1 ");
  });
  test("is_uri_user_e164 tests any URI", async () => {
    const { printed } = await relayed(
      codes('is_uri_user_e164("sip:+12345@x")', 'is_uri_user_e164("sip:12345@x")', 'is_uri_user_e164("$fu")', 'is_uri_user_e164("no uri")'),
    );
    assert.equal(printed, "1 -1 -1 -1 ");
  });
});

describe("change_reply_status", () => {
  test("gives a refusal another status on its way", async () => {
    const { printed, out } = await replied(codes('change_reply_status(404, "Not Found")'), (request) => answer(request, "603 Decline"));
    assert.equal(printed, "1 ");
    assert.ok(out.text.startsWith("SIP/2.0 404 Not Found\r\n"));
  });
  test("a provisional cannot become a refusal, nor a status line have a line end", async () => {
    const { printed, out, complaints } = await replied(
      `$var(x) = "a${String.raw`\r\n`}b"; ${codes('change_reply_status(404, "Not Found")', "change_reply_status(183, $var(x))", 'change_reply_status(183, "Progress")')}`,
      (request) => answer(request, "180 Ringing"),
    );
    assert.equal(printed, "-1 -1 1 ");
    assert.ok(out.text.startsWith("SIP/2.0 183 Progress\r\n"));
    assert.match(complaints.join(), /a 180 cannot become a 404/);
  });
});

describe("sipmsg_validate", () => {
  const validated = async (request: string, flags = "shrftc"): Promise<string> =>
    (await relayed(`sipmsg_validate("${flags}", $var(why)); xlog("$rc $var(why)");`, request)).printed;
  const cases: readonly (readonly [what: string, request: string, flags: string, printed: string])[] = [
    ["a good message", invite(), "shrftc", "1 <null>"],
    ["a body that is no SDP", invite([], "hello"), "s", "-6 failed to parse the SDP body"],
    ["the same unasked", invite([], "hello"), "h", "1 <null>"],
    ["no Content-Type", invite().replace("Content-Type: application/sdp\r\n", ""), "", "-21 missing Content-Type header"],
    ["a wrong length", `${invite()}more`, "", "-5 invalid Content-Length header"],
    ["no Max-Forwards", invite().replace("Max-Forwards: 70\r\n", ""), "", "-13 missing Max-Forwards header"],
    ["no Max-Forwards, with m", invite().replace("Max-Forwards: 70\r\n", ""), "m", "1 <null>"],
    ["no Contact", invite().replace(/Contact:.*\r\n/, ""), "", "-14 missing Contact header"],
    ["a Path", invite(["Path: <sip:p>"]), "", "-15 Path header in a request that is no REGISTER"],
    ["a bad Record-Route", invite(["Record-Route: <sip:a"]), "h", "-2 failed to parse the headers"],
    ["a bad host in the R-URI", invite([], SDP, "sip:bob@-x.com"), "r", "-12 invalid host in the R-URI"],
    ["a bad user in the R-URI", invite([], SDP, "sip:b%zz@x.com"), "r", "-27 invalid user name in the R-URI"],
    ["a bad host in From", invite().replace("@a.com", "@a..com"), "f", "-25 invalid host in the From URI"],
    ["a bad To URI", invite().replace("<sip:bob@b.com>", "<sip:bob@>"), "t", "-22 failed to parse the To URI"],
    ["a bad Contact", invite().replace("<sip:alice@192.168.0.5:5070>", "<sip:@>"), "c", "-26 failed to parse the Contact header"],
  ];
  for (const [what, request, flags, printed] of cases) {
    test(what, async () => assert.equal(await validated(request, flags), printed));
  }
  test("a 405 must say what is allowed", async () => {
    const { printed } = await replied(codes("sipmsg_validate()"), (request) => answer(request, "405 Method Not Allowed"));
    assert.equal(printed, "-16 ");
  });
});

test("patterns of names", () => {
  for (const [pattern, text, fits] of [
    ["X-*", "X-A", true],
    ["*", "", true],
    ["a*b*c", "aXbYbZc", true],
    ["a*b*c", "aXbYbZ", false],
    ["?", "", false],
    ["[a-c]x[!0-9]", "bxq", true],
    ["[a-c]x[!0-9]", "bx5", false],
    ["[]x]", "]", true],
    ["[", "[", true],
    ["\\*", "*", true],
    ["\\*", "x", false],
    [`${"a*".repeat(50)}b`, "a".repeat(500), false],
  ] as const)
    assert.equal(globMatches(pattern, text), fits, `${pattern} ${text}`);
  assert.ok(globMatches("x-*", "X-A", true));
});

test("problems are found when the script is read", () => {
  const problems = checkScript(`${LOAD}
route {
  remove_hf_re("(");
  has_totag(1);
  change_reply_status(404, "x");
}
startup_route { append_hf("X: 1\\r\\n"); }`).join("\n");
  assert.match(problems, /bad re "\("/);
  assert.match(problems, /too many parameters for command <has_totag>/);
  assert.match(problems, /Command <change_reply_status> cannot be used in the block/);
  assert.match(problems, /Command <append_hf> cannot be used in the block/);
});
