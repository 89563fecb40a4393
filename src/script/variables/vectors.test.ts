// The vectors of script-language 14.1 and 14.2 that concern variables and transformations.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { systemHash } from "../../server/index.ts";
import { Bench } from "./fixtures.ts";

const bench = (): Bench => new Bench({ digest: systemHash });
const prints = (script: string, expected: string): void => assert.equal(bench().script(script), expected);

describe("script-language 14.1", () => {
  test("AVPs are stacks, index 0 the newest", () => {
    prints(
      '$avp(l)="one"; $avp(l)="two"; $avp(l)="three"; xlog("$avp(l) $(avp(l)[1]) $(avp(l)[-1]) $(avp(l)[*]) $(avp(l)[9])");',
      "three two one three, two, one <null>",
    );
    prints(
      '$avp(l)="one"; $avp(l)="two"; $avp(l)="three"; $avp(l)=NULL; xlog("$avp(l)"); $avp(l):="only"; xlog(" $(avp(l)[*])");',
      "two only",
    );
    prints(
      '$avp(n)="x"; $(avp(n)[append])="y"; $(avp(n)[0])="z"; xlog("$(avp(n)[*])"); $(avp(n)[*])=NULL; xlog(" $avp(n)");',
      "z, y <null>",
    );
    prints('$avp(a)=5; $avp(a)="5"; xlog("$(avp(a)[*])");', "5, 5");
  });
  test("$json reads, changes and iterates documents", () => {
    const text = String.raw`$json(j):="{\"a\":1,\"b\":[1,2,\"x\"],\"c\":{\"d\":\"e\"}}";`;
    prints(
      `${text} xlog("$json(j) $json(j/a) $json(j/b[1]) $json(j/c/d) $json(j/q)");`,
      '{ "a": 1, "b": [ 1, 2, "x" ], "c": { "d": "e" } } 1 2 e <null>',
    );
    prints(`${text} $json(j/c)=NULL; $json(j/n)="5"; $json(j/i)=5; xlog("$json(j)");`, '{ "a": 1, "b": [ 1, 2, "x" ], "n": "5", "i": 5 }');
    prints(`${text} for ($var(e) in $(json(j/b)[*])) xlog("$var(e) ");`, "1 2 x ");
  });
  test("transformations of a list", () => {
    prints(
      '$var(a)="a,b,c"; xlog("$(var(a){s.select,1,,}) $(var(a){s.select,-1,,}) $(var(a){csv.count}) $(var(a){s.substr,-1,0}) [$(var(a){s.substr,9,1})] $(var(a){s.md5})");',
      "b c 3 c [<null>] a44c56c8177e32d3613988f4dba7962e",
    );
  });
  test("transformations of a text", () => {
    prints(
      '$var(s)="hello world"; xlog("$(var(s){s.substr,-5,3})|$(var(s){s.substr,2,-2})|$(var(s){s.substr,3,100})|$(var(s){s.index,o,5})|$(var(s){s.rindex,o})|$(var(s){s.fill.right,ab,16})|$(var(s){s.crc32})");',
      "wor|llo wor|lo world|7|7|hello worldababa|4072009338",
    );
  });
  test("transformations of an address", () => {
    prints(
      String.raw`$var(n)="\"Al\" <sip:a@b>;tag=1;q=2"; xlog("$(var(n){nameaddr.name})|$(var(n){nameaddr.uri})|$(var(n){nameaddr.param,tag})|$(var(n){nameaddr.params})|$(var(n){nameaddr.len})");`,
      '"Al"|sip:a@b|1|tag=1;q=2|14',
    );
  });
  test("substitutions", () => {
    prints(
      String.raw`$var(k)="one two"; xlog("$(var(k){re.subst,/(o)(n)/\\2\\1/})|$(var(k){re.subst,/O/_/gi})|$(var(k){re.subst,/zz/_/})");`,
      "noe two|_ne tw_|one two",
    );
  });
});

describe("script-language 14.2: one INVITE", () => {
  test("reads", () => {
    const it = bench();
    assert.equal(it.print("$rU $rd $rp $rP"), "bob 127.0.0.1 5071 udp");
    assert.equal(it.print("$fu $fU $fd $fn $ft"), 'sip:alice@a.com:5999 alice a.com "Al Ice" ft1');
    assert.equal(it.print("$tt $du $rs $rr $ai $au $T_id $branch"), "<null> <null> <null> <null> <null> <null> <null> <null>");
    assert.equal(it.print("$hdr(X-A)|$(hdr(X-A)[1])|$(hdr(X-A)[-1])|$(hdr(X-A)[*])|$hdrcnt(X-A)"), "one|two, 2b|two, 2b|one, two, 2b|2");
    assert.equal(it.print("$socket_in $socket_in(port) $socket_in(tag) $socket_in(advertised_ip)"), "udp:127.0.0.1:5031 5031 in <null>");
    assert.equal(it.print("$T_reply_code $T_fr_timeout"), "0 30");
    assert.equal(it.print("$err.class|$err.level|$err.info|$err.rcode|$err.rreason|"), "0|0||0||");
  });
  test("writes to the Request-URI and the destination", () => {
    const it = bench();
    assert.equal(it.script('$rU="newuser"; $rp=7000; xlog("$ru");'), "sip:newuser@127.0.0.1:7000;x=y");
    assert.equal(it.script('$rd="h.new"; xlog("$ru");'), "sip:newuser@h.new:7000;x=y");
    assert.equal(it.script('$ru="sip:x@y.z;transport=tcp"; xlog("$rP $rp $ou");'), "tcp 5060 sip:bob@127.0.0.1:5071;x=y");
    assert.equal(it.script('$rU=NULL; xlog("$ru");'), "sip:y.z;transport=tcp");
    assert.equal(it.script('$du="sip:1.2.3.4:5090;transport=udp"; $dp=6000; xlog("$du");'), "sip:1.2.3.4:6000;transport=udp");
    assert.equal(it.script('$du=NULL; xlog("$du");'), "<null>");
    assert.deepEqual(it.lines, []);
  });
  test("branches", () => {
    const it = bench();
    assert.equal(
      it.script('$branch="sip:b1@h"; $branch="sip:b2@h"; xlog("$branch(uri)|$(branch(uri)[1])|$(branch(uri)[*])");'),
      "sip:b1@h|sip:b2@h|sip:b1@h, sip:b2@h",
    );
  });
});
