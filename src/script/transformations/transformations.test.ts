// Every row of script-language 7.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { systemHash } from "../../server/index.ts";
import { Dual, printed, type Value } from "../values.ts";
import { Bench } from "../variables/fixtures.ts";
import { transformations } from "./index.ts";

const bench = new Bench({ digest: systemHash });

/** What `{…}` makes of a value. */
function apply(value: Value, transformation: string): Value {
  const { run } = bench;
  run.vars.set("in", value);
  run.vars.set("out", null);
  bench.script(`$var(out) = $(var(in){${transformation}});`);
  return run.vars.get("out") ?? null;
}

function table(rows: readonly (readonly [value: Value, transformation: string, expected: Value])[]): void {
  for (const [value, transformation, expected] of rows) {
    const name = `${JSON.stringify(printed(value))} {${JSON.stringify(transformation).slice(1, -1)}} → ${JSON.stringify(printed(expected))}`;
    test(name, () => assert.deepEqual(apply(value, transformation), expected));
  }
}

describe("all transformations", () => {
  test("leave NULL as it is", () => {
    for (const { class: group, name, least } of transformations) {
      if (name === "eval") continue;
      const parameter = group === "re" ? ",/a/b/" : name === "matches" ? ",10.0.0.0/8" : ",1".repeat(least);
      assert.equal(apply(null, `${group}.${name}${parameter}`), null, `${group}.${name}`);
    }
  });
  test("have one row for each name", () => {
    const names = transformations.map((one) => `${one.class}.${one.name}`);
    assert.equal(new Set(names).size, names.length);
  });
  test("are found whatever the case, and chained from left to right", () => {
    assert.equal(apply("a,b,c", "S.Select,1,,}{s.ToUpper"), "B");
  });
  test("take variables as parameters", () => {
    bench.run.vars.set("o", 6);
    assert.equal(apply("hello world", "s.substr,$var(o),0"), "world");
    assert.equal(apply("hello world", "s.index,$var(nothing)"), null);
  });
  test("unknown names, wrong numbers and what is not supported are faults", () => {
    const faults = (transformation: string): string => bench.faults(`$var(x) = $(var(x){${transformation}});`).join("; ");
    assert.match(faults("s.lenn"), /unknown transformation/);
    assert.match(faults("json.get"), /unknown transformation/);
    assert.match(faults("s.substr,a,b"), /<a> is no number.*<b> is no number/);
    assert.match(faults("s.substr,1"), /takes 2 parameters/);
    assert.match(faults("s.eval"), /not supported by Dialoom/);
    assert.match(faults("re.subst,/(/x/"), /bad substitution/);
    assert.match(faults("re.subst,/a/x/q"), /unknown flag q/);
    assert.match(faults("ip.matches,10.0.0/8"), /no network/);
  });
  test("say why they give NULL", () => {
    const it = new Bench();
    it.script('$var(x) = "no uri"; $var(y) = $(var(x){uri.host}); $var(z) = $(var(x){csv.value,3});');
    assert.deepEqual(it.lines, ["-1 core:tr_eval_uri: invalid uri <no uri>", "-1 core:tr_eval_csv: csv.value: no such field"]);
  });
});

describe("s", () => {
  table([
    ["", "s.len", 0],
    ["abc", "s.len", 3],
    [1234, "s.len", 4],
    ["12abc", "s.int", new Dual("12abc", 12)],
    ["abc", "s.int", new Dual("abc", 0)],
    ["", "s.int", new Dual("", 0)],
    ["42", "s.int", 42],
    ["-7", "s.int", -7],
    ["007", "s.int", new Dual("007", 7)],
    ["4294967295", "s.int", new Dual("4294967295", -1)],
    ["a,b,c", "s.select,0,,", "a"],
    ["a,b,c", "s.select,3,,", null],
    ["a,b,c", "s.select,-3,,", "a"],
    ["a,b,c", "s.select,-4,,", null],
    ["", "s.select,0,,", ""],
    ["", "s.select,-1,,", ""],
    [",", "s.select,-1,,", ""],
    [",", "s.select,-2,,", ""],
    [",", "s.select,-3,,", null],
    ["100 1 INVITE", "s.select,1, ", "1"],
    ["100 1 INVITE", "s.select,-1, ", "INVITE"],
    ["a:b", "s.select,1,:", "b"],
    ["hello", "s.substr,1,0", "ello"],
    ["hello", "s.substr,5,0", null],
    ["hello", "s.substr,-6,1", null],
    ["hello", "s.substr,0,-5", ""],
    ["hello", "s.substr,0,-6", null],
    ["", "s.substr,0,0", ""],
    ["aBz{}", "s.toupper", "ABZ{}"],
    ["AbZ@", "s.tolower", "abz@"],
    ["\xe4", "s.toupper", "\xe4"],
    ["abc", "s.reverse", "cba"],
    [" \t a b\r\n", "s.trim", "a b"],
    [" a ", "s.triml", "a "],
    [" a ", "s.trimr", " a"],
    ["  ", "s.trim", ""],
    ["hello", "s.index,l", 2],
    ["hello", "s.index,l,3", 3],
    ["hello", "s.index,l,-1", null],
    ["a b", "s.index, b", 1],
    ["hello", "s.rindex,l", 3],
    ["hello", "s.rindex,l,2", 2],
    ["hello", "s.rindex,z", null],
    ["7", "s.fill.left,0,3", "007"],
    ["7", "s.fill.left,abc,6", "abcab7"],
    ["long", "s.fill.left,0,3", "long"],
    ["7", "s.fill.right,-,4", "7---"],
    ["hello", "s.width,3", "hel"],
    ["hello", "s.width,7", "hello  "],
    ["", "s.md5", "d41d8cd98f00b204e9800998ecf8427e"],
    ["abc", "s.sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"],
    ["abc", "s.sha224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"],
    ["abc", "s.sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ["abc", "s.sha384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"],
    [
      "abc",
      "s.sha512",
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    ],
    // RFC 4231, test case 2
    ["what do ya want for nothing?", "s.sha256_hmac,Jefe", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"],
    ["a\xff", "s.encode.hexa", "61ff"],
    ["61FF", "s.decode.hexa", "a\xff"],
    ["61F", "s.decode.hexa", null],
    ["6g", "s.decode.hexa", null],
    ["255", "s.dec2hex", "ff"],
    [-1, "s.dec2hex", "ffffffff"],
    ["x", "s.dec2hex", null],
    ["fF", "s.hex2dec", 255],
    ["0x10", "s.hex2dec", 16],
    ["g", "s.hex2dec", null],
    ["ab\xff", "s.b64encode", "YWL/"],
    ["YWL/", "s.b64decode", "ab\xff"],
    ["YQ==", "s.b64decode", "a"],
    ["Y!", "s.b64decode", null],
    ["ab", "s.xor,\x01", "`c"],
    ['it\'s "a\\b"', "s.escape.common", 'it\\\'s \\"a\\\\b\\"'],
    ["\0", "s.escape.common", "\\0"],
    ['it\\\'s \\"a\\\\b\\" \\n', "s.unescape.common", 'it\'s "a\\b" \\n'],
    ["a b&c=d@e", "s.escape.user", "a%20b&c=d%40e"],
    ["a%20b%40", "s.unescape.user", "a b@"],
    ["a%2", "s.unescape.user", null],
    ["a=b&c", "s.escape.param", "a%3db&c"],
    ["a%3db", "s.unescape.param", "a=b"],
    ["Sat, 13 Nov 2010 23:29:00 GMT", "s.date2unix", 1289690940],
    ["Sat, 13 Nov 2010 23:29:00 CET", "s.date2unix", null],
  ]);
});

describe("uri", () => {
  const full = "sip:al:pw@[2001:db8::1]:5070;transport=TCP;user=phone;ttl=5;maddr=10.0.0.1;method=BYE;lr;x=1?a=b";
  table([
    [full, "uri.user", "al"],
    [full, "uri.passwd", "pw"],
    [full, "uri.host", "[2001:db8::1]"],
    [full, "uri.domain", "[2001:db8::1]"],
    [full, "uri.port", 5070],
    [full, "uri.params", "transport=TCP;user=phone;ttl=5;maddr=10.0.0.1;method=BYE;lr;x=1"],
    [full, "uri.param,x", "1"],
    [full, "uri.param,LR", ""],
    [full, "uri.param,none", null],
    [full, "uri.headers", "a=b"],
    [full, "uri.transport", "TCP"],
    [full, "uri.ttl", "5"],
    [full, "uri.uparam", "phone"],
    [full, "uri.maddr", "10.0.0.1"],
    [full, "uri.method", "BYE"],
    [full, "uri.lr", null],
    [full, "uri.schema", "sip"],
    ["sip:h;lr=on;r2=on", "uri.lr", "on"],
    ["sip:h;lr=on;r2=on", "uri.r2", "on"],
    ["sip:h", "uri.user", null],
    ["sip:h", "uri.port", null],
    ["sip:h", "uri.params", null],
    // parameters of the user part are not the URI's
    ["sip:u;x=1@h", "uri.param,x", null],
    ["tel:+1212;phone-context=x", "uri.user", "+1212"],
    ["nonsense", "uri.host", null],
  ]);
});

describe("nameaddr", () => {
  table([
    ["Bob <sip:b@c;x=1>;tag=2", "nameaddr.name", "Bob"],
    ["Bob <sip:b@c;x=1>;tag=2", "nameaddr.uri", "sip:b@c;x=1"],
    ["Bob <sip:b@c;x=1>;tag=2", "nameaddr.len", 17],
    ["Bob <sip:b@c;x=1>;tag=2", "nameaddr.params", "tag=2"],
    ["Bob <sip:b@c;x=1>;tag=2", "nameaddr.param,TAG", "2"],
    ["Bob <sip:b@c;x=1>;tag=2", "nameaddr.param,x", null],
    ["sip:b@c;x=1", "nameaddr.uri", "sip:b@c"],
    ["sip:b@c;x=1", "nameaddr.param,x", "1"],
    ["sip:b@c;x=1", "nameaddr.name", null],
    ["sip:b@c", "nameaddr.params", null],
    ['"<sip:b@c>" <sip:b@c>;y', "nameaddr.params", "y"],
    ["<sip:a@b>, <sip:c@d>;z=1", "nameaddr.uri", "sip:a@b"],
    ["<sip:a@b", "nameaddr.uri", null],
  ]);
});

describe("param", () => {
  const list = 'a=1; b="two;2" ;c';
  table([
    [list, "param.value,a", "1"],
    [list, "param.value,B", "two;2"],
    [list, "param.value,c", ""],
    [list, "param.value,d", null],
    [list, "param.valueat,1", "two;2"],
    [list, "param.valueat,-1", ""],
    [list, "param.valueat,3", null],
    [list, "param.name,0", "a"],
    [list, "param.name,-1", "c"],
    [list, "param.name,-4", null],
    [list, "param.count", 3],
    [list, "param.exist,c", 1],
    [list, "param.exist,d", 0],
    [";;a=1;", "param.count", 1],
    ["", "param.count", 0],
    ['a="open;b=2', "param.count", 1],
  ]);
});

describe("via", () => {
  const via = "SIP/2.0/tcp [::1]:5070;branch=z9hG4bKx;received=10.0.0.1;rport=99;x=y (said so)";
  table([
    [via, "via.name", "SIP"],
    [via, "via.version", "2.0"],
    [via, "via.transport", "TCP"],
    [via, "via.host", "[::1]"],
    [via, "via.domain", "[::1]"],
    [via, "via.port", 5070],
    [via, "via.params", "branch=z9hG4bKx;received=10.0.0.1;rport=99;x=y"],
    [via, "via.param,x", "y"],
    [via, "via.param,none", null],
    [via, "via.comment", "said so"],
    [via, "via.branch", "z9hG4bKx"],
    [via, "via.received", "10.0.0.1"],
    [via, "via.rport", "99"],
    ["SIP/2.0/UDP h", "via.port", null],
    ["SIP/2.0/UDP h", "via.params", null],
    ["SIP/2.0/UDP h", "via.comment", null],
    ["SIP/2.0/UDP h, SIP/2.0/UDP i", "via.host", "h"],
    ["UDP h", "via.host", null],
  ]);
});

describe("csv", () => {
  table([
    ["a,b,c", "csv.count", 3],
    ["", "csv.count", 1],
    ["a,,", "csv.count", 3],
    ["a, b ,c", "csv.value,1", " b "],
    ['"x, ""y""",z', "csv.value,0", 'x, "y"'],
    ['"x, ""y""",z', "csv.value,1", "z"],
    [' "x,y"', "csv.value,0", ' "x'],
    ["a,b", "csv.value,-1", "b"],
    ["a,b", "csv.value,2", null],
    ['"open', "csv.value,0", "open"],
  ]);
});

describe("ip", () => {
  table([
    ["10.0.0.1", "ip.isip", 1],
    ["::1", "ip.isip", 1],
    ["[::1]", "ip.isip", 1],
    ["host", "ip.isip", 0],
    ["10.0.0.1", "ip.isip4", 1],
    ["::1", "ip.isip4", 0],
    ["::1", "ip.isip6", 1],
    ["10.0.0.1", "ip.isip6", 0],
    ["192.168.1.1", "ip.isprivate", 1],
    ["8.8.8.8", "ip.isprivate", 0],
    ["10.1.2.3", "ip.matches,10.0.0.0/8", 1],
    ["11.1.2.3", "ip.matches,10.0.0.0/8", 0],
    ["10.1.2.3", "ip.matches,10.1.0.0/255.255.0.0", 1],
    ["10.1.2.3", "ip.matches,10.1.2.3", 1],
    ["10.1.2.3", "ip.matches,0.0.0.0/0", 1],
    ["2001:db8::1", "ip.matches,2001:db8::/33", 1],
    ["2001:db8:8000::1", "ip.matches,2001:db8::/33", 0],
    ["::1", "ip.matches,10.0.0.0/8", 0],
    ["host", "ip.matches,10.0.0.0/8", null],
    ["1.2.3.4", "ip.pton", "\x01\x02\x03\x04"],
    ["host", "ip.pton", null],
    ["\x01\x02\x03\x04", "ip.ntop", "1.2.3.4"],
    ["::1", "ip.pton}{ip.ntop", "::1"],
    ["abc", "ip.ntop", null],
    ["1.2.3.4", "ip.pton}{ip.family", "INET"],
    ["::1", "ip.pton}{ip.family", "INET6"],
    ["1.2.3.4", "ip.family", null],
    ["1.2.3.4", "ip.resolve", "1.2.3.4"],
    ["unknown.example", "ip.resolve", null],
  ]);
});

describe("re", () => {
  table([
    ["aaa", "re.subst,/a/b/", "baa"],
    ["aaa", "re.subst,/a/b/g", "bbb"],
    ["AaA", "re.subst,/a/b/gi", "bbb"],
    ["abc", "re.subst,/b*/-/g", "-a--c-"],
    ["a/b", "re.subst,#/#:#", "a:b"],
    ["a/b", "re.subst,/\\//:/", "a:b"],
    ["a.b", "re.subst,.\\..-.", "a-b"],
    ["x1y", "re.subst,/([a-z])([0-9])/\\2\\1[\\0]/", "1x[x1]y"],
    ["one\ntwo", "re.subst,/e.t/_/", "one\ntwo"],
    ["one\ntwo", "re.subst,/e.t/_/s", "on_wo"],
    ["one\ntwo", "re.subst,/^t/T/", "one\nTwo"],
    ["+49123", "re.subst,/^\\+([[:digit:]]{2})/00\\1/", "0049123"],
    ["$1 $& $", "re.subst,/ /$/", "$1$$& $"],
  ]);
  test("a variable in the replacement may hold the delimiter", () => {
    bench.run.vars.set("r", "a/b");
    assert.equal(apply("x-y", "re.subst,/-/$var(r)/"), "xa/by");
    bench.run.vars.set("r", "c");
    assert.equal(apply("x-y", "re.subst,/-/$var(r)/"), "xcy");
  });
  test("an expression may come from a variable; a bad one gives NULL", () => {
    bench.run.vars.set("e", "/x/z/");
    assert.equal(apply("xy", "re.subst,$var(e)"), "zy");
    bench.run.vars.set("e", "/x");
    assert.equal(apply("xy", "re.subst,$var(e)"), null);
  });
});

describe("sdp", () => {
  const sdp = "v=0\r\nc=IN IP4 1.1.1.1\r\nm=audio 1 RTP/AVP 0\r\na=x\r\na=y\r\nm=video 2 RTP/AVP 31\r\na=z\r\n";
  table([
    [sdp, "sdp.line,c", "c=IN IP4 1.1.1.1"],
    [sdp, "sdp.line,a,1", "a=y"],
    [sdp, "sdp.line,a,-1", "a=z"],
    [sdp, "sdp.line,a,3", null],
    [sdp, "sdp.stream,0", "m=audio 1 RTP/AVP 0\r\na=x\r\na=y\r\n"],
    [sdp, "sdp.stream,video", "m=video 2 RTP/AVP 31\r\na=z\r\n"],
    [sdp, "sdp.stream,-1", "m=video 2 RTP/AVP 31\r\na=z\r\n"],
    [sdp, "sdp.stream,2", null],
    [sdp, "sdp.stream-delete,audio", "v=0\r\nc=IN IP4 1.1.1.1\r\nm=video 2 RTP/AVP 31\r\na=z\r\n"],
    [sdp, "sdp.stream-delete,1", "v=0\r\nc=IN IP4 1.1.1.1\r\nm=audio 1 RTP/AVP 0\r\na=x\r\na=y\r\n"],
    [sdp, "sdp.stream-delete,image", sdp],
  ]);
});
