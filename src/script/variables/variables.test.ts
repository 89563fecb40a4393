// What variables write, the ones with arguments of their own, and names that are wrong (script-language 6).
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { BranchContext } from "../../proxy/index.ts";
import { BranchAttributes } from "../branch-attributes.ts";
import { Bench, message } from "./fixtures.ts";

describe("writes", () => {
  test("to the Request-URI go through unchecked, but for line ends; reading one that is none gives NULL and says so", () => {
    const it = new Bench();
    assert.equal(it.script('$ru = "no uri"; xlog("$ru $rU");'), "<null> <null>");
    assert.match(it.lines[0] ?? "", /parse_sip_msg_uri: bad uri <no uri>/);
    assert.equal(it.request?.requestUri, "no uri");
    it.script('$var(evil) = "sip:a@b\r\nX: y"; $ru = $var(evil); $du = $var(evil);');
    assert.equal(it.request?.requestUri, "no uri");
    assert.equal(it.request?.dstUri, undefined);
  });
  test("of parts refuse what would change the others", () => {
    const it = new Bench();
    it.script('$rU = "a@b"; $rd = "x y"; $rp = "70000"; $rp = "12x"; $rd = NULL;');
    assert.equal(it.request?.requestUri, "sip:bob@127.0.0.1:5071;x=y");
    assert.equal(it.lines.filter((line) => line.includes("pv_set_ruri")).length, 5);
  });
  test("of the port take texts and NULL; of the host addresses without brackets", () => {
    const it = new Bench();
    assert.equal(
      it.script('$rp = "6000"; xlog("$ru ");$rp = NULL; $rd = "::1"; xlog("$ru");'),
      "sip:bob@127.0.0.1:6000;x=y sip:bob@[::1];x=y",
    );
  });
  test("a destination that moves forgets the connection that was chosen for the old one", () => {
    const it = new Bench();
    const { request } = it;
    assert.ok(request !== undefined);
    request.dstFlow = 7;
    it.script('$rU = "x"; $dp = 1;');
    assert.equal(request.dstFlow, 0);
    request.dstFlow = 7;
    it.script('$du = "sip:h";');
    assert.equal(request.dstFlow, 0);
    request.dstFlow = 7;
    it.script('$ru = "sip:y@z"; $dd = "h2"; xlog("$du");');
    assert.equal(request.dstUri, "sip:h2");
    assert.equal(it.script('$du = NULL; $dp = 5; xlog("$du");'), "<null>");
  });
  test("in a branch route change the branch alone", () => {
    const it = new Bench({ kind: "branch" });
    const branch = {
      requestUri: "sip:b@h",
      dstUri: "sip:old",
      forcedListener: undefined,
      flow: 7,
      q: 500,
      index: 2,
      attributes: undefined,
    };
    // the members that variables read
    it.run.branch = branch as unknown as BranchContext;
    assert.equal(
      it.script('$rU = "n"; $branch.flag(x) = 1; xlog("$ru $du $ru_q $T_branch_idx $bf $ou");'),
      "sip:n@h sip:old 500 2 x sip:bob@127.0.0.1:5071;x=y",
    );
    assert.equal(branch.flow, 7);
    it.script('$du = "sip:new"; $socket_out = "udp:127.0.0.1:5032";');
    assert.deepEqual([branch.requestUri, branch.dstUri, branch.flow], ["sip:n@h", "sip:new", 0]);
    assert.equal(it.request?.requestUri, "sip:bob@127.0.0.1:5071;x=y");
    assert.equal(it.request?.forcedListener, undefined);
    assert.equal(it.run.scope.branchFlags, undefined);
  });
  test("to the sending socket take one of ours, by name; NULL leaves the choice", () => {
    const it = new Bench();
    assert.equal(it.script('$socket_out = "udp:127.0.0.1:5032"; xlog("$socket_out $socket_out(port)");'), "udp:127.0.0.1:5032 5032");
    it.script('$socket_out = "udp:127.0.0.1:9"; $fs = "nonsense";');
    assert.equal(it.request?.forcedListener?.port, 5032);
    assert.equal(it.lines.filter((line) => line.includes("no socket")).length, 2);
    it.script("$fs = NULL;");
    assert.equal(it.request?.forcedListener, undefined);
  });
  test("to flags set and reset them; there are at most 32", () => {
    const it = new Bench();
    assert.equal(
      it.script('$msg.flag(a) = 1; $msg.flag(b) = "true"; $msg.flag(a) = 0; xlog("$mf $msg.flag(b) $msg.flag(a)");'),
      "b true false",
    );
    assert.equal(it.script('if ($msg.flag(b)) xlog("yes"); if ($msg.flag(a)) xlog("no");'), "yes");
    it.script("$var(i) = 0; while ($var(i) < 40) { $msg.flag($var(i)) = 1; $var(i) = $var(i) + 1; }");
    assert.equal(it.run.scope.flags?.size, 32);
    assert.equal(it.script('$branch.flag(x) = 1; xlog("$bf");'), "x");
    assert.equal(it.run.scope.branchFlags?.has("x"), true);
  });
  test("to branches change one field of one of them", () => {
    const it = new Bench();
    const script = `
      $branch = "sip:b1@h"; $msg.branch = "sip:b2@h";
      $(branch(uri)[1]) = "sip:b3@h"; $branch(q) = 500; $branch(duri) = "sip:d"; $branch(flags) = "f,g";
      $(branch(socket)[-1]) = "udp:127.0.0.1:5032"; $branch(path) = "<sip:p;lr>";
      xlog("$(branch(uri)[*])|$branch(q)|$(branch(q)[1])|$branch(duri)|$branch(flags)|$(msg.branch.socket[1])|$branch(path)|$ds");`;
    assert.equal(
      it.script(script),
      "sip:b1@h, sip:b3@h|500|-1|sip:d|f,g|udp:127.0.0.1:5032|<sip:p;lr>|Contact: <sip:bob@127.0.0.1:5071;x=y>, <sip:b1@h>;q=0.5, <sip:b3@h>",
    );
    const [first] = it.request?.branchSet ?? [];
    assert.ok(first?.attributes instanceof BranchAttributes);
    it.script('$(branch(uri)[5]) = "sip:x"; $branch = 5; $branch = NULL;');
    assert.equal(it.request?.branchSet?.length, 3);
  });
  test("to log levels are undone by NULL", () => {
    const it = new Bench();
    assert.equal(
      it.script(
        '$log_level = 4; $xlog_level = 3; xlog("$log_level $xlog_level"); $log_level = NULL; $xlog_level = 9; xlog(" $log_level $xlog_level");',
      ),
      "4 3 2 3",
    );
  });
  test("to statistics reset them", () => {
    const it = new Bench();
    it.statistics.counter("tm", "calls").add(5);
    assert.equal(it.script('xlog("$stat(calls) $stat(tm:calls)"); $stat(calls) = 0; xlog(" $stat(calls)");'), "5 5 0");
  });
  test("to $shv are there for every run", () => {
    const it = new Bench();
    assert.equal(it.script('$shv(a) = "x"; $shv(b) = 5; $shv(a) = NULL; xlog("$shv(a) $shv(b)");'), "<null> 5");
    assert.deepEqual([...it.shared], [["b", 5]]);
  });
  test("to read-only variables are faults", () => {
    const it = new Bench();
    assert.equal(it.faults("$sp = 5;").length, 1);
    assert.equal(it.faults('$hdr(X) = "y";').length, 1);
  });
});

describe("AVPs", () => {
  test("have dynamic names and indexes", () => {
    const it = new Bench();
    assert.equal(
      it.script(
        '$var(n) = "x"; $avp($var(n)) = 1; $avp(x) = 2; $var(i) = 1; xlog("$avp($var(n)) $(avp($var(n))[$var(i)]) $(avp(x)[$var(none)])");',
      ),
      "2 1 <null>",
    );
    assert.equal(it.script('$avp(2) = "num"; xlog("$avp(2)");'), "num");
    assert.equal(it.script('$avp(x) := NULL; xlog("$(avp(x)[*])");'), "<null>");
  });
  test("of a name that is NULL cannot be written", () => {
    const it = new Bench();
    it.script("$avp($var(none)) = 1; $var($var(none)) = 1;");
    assert.deepEqual(it.run.avps.names(), []);
    assert.equal(it.lines.filter((line) => line.includes("is NULL")).length, 2);
  });
  test("of a branch exist only where there is one", () => {
    const it = new Bench();
    assert.equal(it.script('$bavp(x) = 1; xlog("$bavp(x)");'), "<null>");
    assert.match(it.lines.join(), /no branch here/);
  });
});

describe("time", () => {
  // 2024-02-29 23:30:05.250 UTC, a Thursday
  const now = Date.UTC(2024, 1, 29, 23, 30, 5, 250);
  test("local time has the zone of the machine", () => {
    const it = new Bench({ now, zoneOffset: 60 });
    assert.equal(it.print("$time(%Y-%m-%d %H:%M:%S)"), "2024-03-01 00:30:05");
    assert.equal(
      it.print("$time(%a %A %b %B %e %j %u %w %y %C %I %p %z %Z %%)"),
      "Fri Friday Mar March  1 061 5 5 24 20 12 AM +0100 +0100 %",
    );
    assert.equal(
      it.print("$time(%c|%D|%F|%T|%R|%r|%s|%G-%V|%U|%W|%Q)"),
      `Fri Mar  1 00:30:05 2024|03/01/24|2024-03-01|00:30:05|00:30|12:30:05 AM|${Math.floor(now / 1000)}|2024-09|08|09|%Q`,
    );
    assert.equal(it.print("$Tf"), "Fri Mar  1 00:30:05 2024");
    assert.equal(it.print("$Ts $Tsm"), `${Math.floor(now / 1000)} 250000`);
    assert.equal(
      it.print("$ctime(sec) $ctime(min) $ctime(hour) $ctime(mday) $ctime(mon) $ctime(year) $ctime(wday) $ctime(yday) $ctime(isdst)"),
      "5 30 0 1 3 2024 6 61 0",
    );
    assert.equal(it.faults("$var(x) = $ctime(week);").length, 1);
  });
  test("years begin and end in weeks of their neighbours (ISO 8601)", () => {
    assert.equal(new Bench({ now: Date.UTC(2021, 0, 1) }).print("$time(%G-%V %U %W)"), "2020-53 00 00");
    assert.equal(new Bench({ now: Date.UTC(2024, 11, 30) }).print("$time(%G-%V %U %W)"), "2025-01 52 53");
  });
});

describe("parameters", () => {
  test("of routes keep their type; a route called without sees none", () => {
    const it = new Bench();
    const { run } = it;
    run.frame = { name: "r", kind: "request", parameters: [1, "two", null], caller: run.frame };
    run.returned = ["x", 2];
    assert.equal(
      it.script('$var(i) = 2; xlog("$param(1) $param(2) $param(3) $param(4) $param(0) $param($var(i)) $return(2) $return(3)");'),
      "1 two <null> <null> <null> two 2 <null>",
    );
  });
  test("of events have names", () => {
    const it = new Bench({ kind: "event" });
    it.run.event = [
      ["code", 5],
      ["text", "t"],
    ];
    assert.equal(it.print("$param(code) $param(text) $param(2) $param(none) $route.type"), "5 t t <null> event_route");
  });
});

describe("names", () => {
  test("of other dialects and of nothing are unknown", () => {
    const it = new Bench();
    for (const name of ["su", "dlg(x)", "dlg_var(x)", "sht(a=>b)", "rz", "conid", "nope"]) {
      assert.match(it.faults(`$var(x) = $${name};`).join(), /unknown script var/, name);
    }
  });
  test("that have no meaning here say so", () => {
    const it = new Bench();
    assert.match(it.faults("$var(x) = $route;").join(), /\$route exists in OpenSIPS but is not supported by Dialoom/);
    assert.match(it.faults("$var(x) = $tm.branch.uri;").join(), /not supported by Dialoom/);
  });
  test("with fields, indexes and parentheses that do not fit are faults", () => {
    const it = new Bench();
    for (const one of ["$socket_in(x)", "$(ru[1])", "$branch(x)", "$ct.fields(x)", "$(hdr(X)[append])", "$ci(x)", "$hdr", "$json(/x)"]) {
      assert.equal(it.faults(`$var(x) = ${one};`).length, 1, one);
    }
  });
});

test("colours come only where they are wanted", () => {
  const it = new Bench();
  assert.equal(it.print("$C(rx)a$C(xx)"), "a");
  Object.assign(it.run.services, { isColoured: true });
  assert.equal(it.print("$C(Rb)a$C(xx)"), "\x1b[1;31;44ma\x1b[0m");
});

test("errors show in error_route", () => {
  const it = new Bench({ kind: "error" });
  it.run.errorDetails = { class: 2, level: 1, info: "bad via", status: 400, reason: "Bad Request" };
  assert.equal(it.print("$err.class $err.level $err.info $err.rcode $err.rreason"), "2 1 bad via 400 Bad Request");
});

test("a job's dummy request has a target of its own", () => {
  const it = new Bench({
    kind: "startup",
    text: message(
      "DUMMY sip:user@dummy.com SIP/2.0",
      "Via: SIP/2.0/UDP 127.0.0.1",
      "From: <sip:from@dummy.com>;tag=1",
      "To: <sip:to@dummy.com>",
      "Call-ID: dummy-1",
      "CSeq: 1 DUMMY",
      "Content-Length: 0",
    ),
  });
  it.run.request = undefined;
  it.run.source = undefined;
  assert.equal(it.print("$rm $ru $fu $ci $si $sp $ua"), "DUMMY sip:user@dummy.com sip:from@dummy.com dummy-1 0.0.0.0 0 <null>");
  assert.equal(it.script('$rU = "x"; $du = "sip:d"; xlog("$ru $du $ou");'), "sip:x@dummy.com sip:d sip:user@dummy.com");
});
