import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { invariant } from "../../kit/index.ts";
import { parseMessage, type SipMessage } from "../../sip/index.ts";
import { checkScript, testScript } from "../../testing/script.ts";
import { answer, invite, LOAD, relayScript, SDP } from "./fixtures.ts";

const NATTED = "203.0.113.7:4242";

async function relayed(
  statements: string,
  { request = invite(), from = NATTED, more = "" }: { readonly request?: string; readonly from?: string; readonly more?: string } = {},
): Promise<{ printed: string; out: SipMessage; complaints: readonly string[] }> {
  const bench = await testScript(relayScript(statements, more));
  bench.receive(request, from);
  await bench.advance(20);
  const { printed, complaints } = bench;
  const sent = bench.sent.find((message) => message.to === "10.0.0.3:5060");
  const out = parseMessage(sent?.text ?? "");
  await bench.close();
  invariant(out.ok, `not a message: ${sent?.text ?? complaints.join()}`);
  return { printed, out: out.value, complaints };
}

const codes = (...calls: readonly string[]): string => calls.map((call) => `${call}; xlog("$rc ");`).join("\n");

describe("nat_uac_test", () => {
  test("takes numbers, words and variables; any sign that is there is enough", async () => {
    const { printed } = await relayed(
      `$var(n) = 1; ${codes(
        "nat_uac_test(1)",
        "nat_uac_test(2)",
        "nat_uac_test(4)",
        "nat_uac_test(8)",
        "nat_uac_test(16)",
        "nat_uac_test(128)",
        "nat_uac_test(19)",
        "nat_uac_test($var(n))",
        'nat_uac_test("carrier-grade-nat, private-contact")',
        'nat_uac_test("carrier-grade-nat")',
        'nat_uac_test("diff-ip-src-contact,diff-port-src-contact")',
      )}`,
    );
    assert.equal(printed, "1 1 1 1 1 -1 1 1 1 -1 1 ");
  });
  test("finds nothing where everything is as it says", async () => {
    const request = invite(["X: y"], "")
      .replace("192.168.0.5:5070", "203.0.113.7:4242")
      .replace("UDP 10.0.0.2:5060", "UDP 203.0.113.7:4242");
    assert.equal((await relayed(codes("nat_uac_test(255)"), { request })).printed, "-1 ");
  });
  test("an unknown word is an error of the script", () => {
    assert.match(checkScript(`${LOAD}\nroute { nat_uac_test("private-contact,wrong"); }`).join(), /unknown flag <wrong> for nat_uac_test/);
  });
});

describe("Contacts", () => {
  test("lead back to where the request came from; a second time is a mistake", async () => {
    const { printed, out, complaints } = await relayed(codes('fix_nated_contact(";nat=yes")', "fix_nated_contact()"));
    assert.equal(printed, "1 -1 ");
    assert.equal(out.header("Contact"), "<sip:alice@203.0.113.7:4242;nat=yes>");
    assert.match(complaints.join(), /SCRIPT BUG/);
  });
  test("in a reply they lead back to the callee", async () => {
    const bench = await testScript(relayScript('t_on_reply("r");', "onreply_route[r] { fix_nated_contact(); }"), { request: invite() });
    await bench.advance(20);
    const request = bench.take().find((message) => message.to === "10.0.0.3:5060")?.text ?? "";
    bench.receive(answer(request, "180 Ringing", ["Contact: <sip:bob@192.168.7.7>"]), "10.0.0.3:5060");
    await bench.advance(20);
    assert.match(bench.sent.at(-1)?.text ?? "", /^Contact: <sip:bob@10\.0\.0\.3:5060>\r$/m);
    await bench.close();
  });
  test("carry where they were received, in the header or in the URI", async () => {
    const header = await relayed(codes("add_rcv_param()"));
    assert.equal(header.out.header("Contact"), '<sip:alice@192.168.0.5:5070>;received="sip:203.0.113.7:4242"');
    const uri = await relayed(codes("add_rcv_param(1)"));
    assert.equal(uri.out.header("Contact"), "<sip:alice@192.168.0.5:5070;received=sip:203.0.113.7:4242>");
  });
  test("fix_nated_register leaves the address in the AVP", async () => {
    const more = 'modparam("nathelper", "received_avp", "$avp(rcv)")';
    assert.equal((await relayed(`${codes("fix_nated_register()")} xlog("$avp(rcv)");`, { more })).printed, "1 sip:203.0.113.7:4242");
    assert.equal((await relayed(codes("fix_nated_register()"))).printed, "1 ");
    assert.match(
      checkScript(`${LOAD}\nmodparam("nathelper", "received_avp", "rcv")\nroute { exit; }`).join(),
      /received_avp is not an AVP: <rcv>/,
    );
  });
});

describe("fix_nated_sdp", () => {
  test("rewrites addresses and adds lines by number and by word", async () => {
    const { printed, out } = await relayed(codes(String.raw`fix_nated_sdp(15,,"\r\na=x1\r\na=x2")`));
    assert.equal(printed, "1 ");
    assert.match(out.body, /^o=alice 1 1 IN IP4 203\.0\.113\.7\r$/m);
    assert.match(out.body, /^c=IN IP4 203\.0\.113\.7\r$/m);
    assert.match(out.body, /t=0 0\r\na=oldoip:10\.0\.0\.9\r\na=oldcip:10\.0\.0\.9\r\nm=audio/);
    assert.ok(out.body.endsWith("a=sendonly\r\na=x1\r\na=x2\r\na=direction:active\r\na=nortpproxy:yes\r\n"));
    assert.equal(out.header("Content-Length"), String(out.body.length));
    const words = await relayed(codes('fix_nated_sdp("rewrite-media-ip, add-dir-active", "192.0.2.55")'), {
      more: 'modparam("nathelper", "oldip_skip", "oc")',
    });
    assert.equal(words.out.body, `${SDP.replace("c=IN IP4 10.0.0.9", "c=IN IP4 192.0.2.55")}a=direction:active\r\n`);
  });
  test("null addresses stay unless they are meant too; marks are not doubled", async () => {
    const held = SDP.replace("c=IN IP4 10.0.0.9", "c=IN IP4 0.0.0.0");
    assert.match((await relayed("fix_nated_sdp(2);", { request: invite([], held) })).out.body, /c=IN IP4 0\.0\.0\.0/);
    assert.match((await relayed("fix_nated_sdp(18);", { request: invite([], held) })).out.body, /c=IN IP4 203\.0\.113\.7/);
    const marked = await relayed("fix_nated_sdp(4); fix_nated_sdp(4);", {});
    assert.equal(marked.out.body.split("a=nortpproxy:yes").length, 2);
  });
  test("without a description, or with a wrong address, it is −1", async () => {
    assert.equal((await relayed(codes("fix_nated_sdp(2)"), { request: invite([], "") })).printed, "-1 ");
    assert.equal((await relayed(codes('fix_nated_sdp(2, "nowhere")'))).printed, "-1 ");
  });
});
