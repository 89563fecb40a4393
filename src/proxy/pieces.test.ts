import assert from "node:assert/strict";
import { test } from "node:test";
import type { Listener } from "../transport/index.ts";
import { listener, requestOf } from "./fixtures.ts";
import { shareBreadth } from "./loop.ts";
import { CallQueue } from "./queue.ts";
import { mayAnswer, ReplyLimiter } from "./rate.ts";
import { RecordRoute } from "./record-route.ts";
import { directionOf, routeParam } from "./route-set.ts";
import { groupByQ } from "./serial.ts";
import { defaultProxySettings } from "./settings.ts";

const udp: Listener = listener("udp", "10.0.0.1", 5060);
const tcp: Listener = listener("tcp", "10.0.0.1", 5060);

test("TM-50: breadth is split over branches, the first get the rest", () => {
  assert.deepEqual(shareBreadth(60, 1), [60]);
  assert.deepEqual(shareBreadth(60, 3), [20, 20, 20]);
  assert.deepEqual(shareBreadth(5, 3), [2, 2, 1]);
  assert.deepEqual(shareBreadth(3, 3), [1, 1, 1]);
  assert.equal(shareBreadth(2, 3), undefined);
  assert.equal(shareBreadth(0, 1), undefined);
});

test("TM-26: serial forking groups targets by q, best first, in their order", () => {
  const at = (requestUri: string, q?: number): { requestUri: string; q: number | undefined } => ({ requestUri, q });
  const groups = groupByQ([at("sip:a", 500), at("sip:b"), at("sip:c", 500), at("sip:d", 0), at("sip:e", 1000)]);
  assert.deepEqual(
    groups.map((group) => group.map((target) => target.requestUri)),
    [["sip:b", "sip:e"], ["sip:a", "sip:c"], ["sip:d"]],
  );
  assert.deepEqual(groupByQ([]), []);
});

test("C-2: requests of one Call-ID wait for the undecided one, in order, within both bounds", () => {
  const queue = new CallQueue<string>(2, 3);
  assert.equal(queue.enter("x", "1"), "run");
  queue.suspend("x");
  assert.equal(queue.enter("y", "other"), "run");
  queue.suspend("y");
  assert.equal(queue.enter("x", "2"), "waits");
  assert.equal(queue.enter("x", "3"), "waits");
  assert.equal(queue.enter("x", "4"), "full");
  assert.equal(queue.enter("y", "5"), "waits");
  assert.equal(queue.enter("y", "6"), "allFull");
  assert.equal(queue.waiting, 3);
  assert.equal(queue.next("x"), "2");
  assert.equal(queue.next("x"), "3");
  assert.equal(queue.next("x"), undefined);
  assert.equal(queue.enter("x", "7"), "run");
  assert.equal(queue.next("unknown"), undefined);
  assert.equal(queue.next("y"), "5");
  assert.equal(queue.next("y"), undefined);
  assert.deepEqual([queue.waiting, queue.suspended], [0, 0]);
});

test("S-03: error replies are bounded per source and in all, second by second", () => {
  let now = 0;
  const clock = { now: () => now, monotonic: () => now };
  const limiter = new ReplyLimiter(clock, 20, 50);
  let admitted = 0;
  for (let i = 0; i < 100; i++) if (limiter.admit("10.0.0.2")) admitted++;
  assert.equal(admitted, 20);
  assert.equal(limiter.admit("10.0.0.3"), true, "another source is not punished");
  for (let i = 0; i < 100; i++) if (limiter.admit(`10.1.0.${i}`)) admitted++;
  assert.equal(admitted, 49, "50 in all");
  now = 1000;
  assert.equal(limiter.admit("10.0.0.2"), true);
});

test("S-03: broadcast, multicast and small services are never answered", () => {
  const rows: readonly (readonly [string, number, boolean])[] = [
    ["10.0.0.2", 5060, true],
    ["10.0.0.2", 0, false],
    ["10.0.0.2", 7, false],
    ["10.0.0.2", 19, false],
    ["10.0.0.2", 53, false],
    ["255.255.255.255", 5060, false],
    ["224.0.1.75", 5060, false],
    ["239.1.2.3", 5060, false],
    ["240.0.0.1", 5060, true],
    ["0.0.0.0", 5060, false],
    ["2001:db8::1", 5060, true],
    ["ff02::1", 5060, false],
    ["::", 5060, false],
  ];
  for (const [ip, port, may] of rows) assert.equal(mayAnswer(ip, port), may, `${ip}:${port}`);
});

const invite = requestOf("INVITE", "sip:bob@10.0.0.3", { fromTag: "a" });

function values(record: RecordRoute, inbound: Listener, outbound: Listener): string[] {
  const made = record.values(invite, "bob", inbound, outbound, defaultProxySettings);
  return made.lower === undefined ? [made.upper] : [made.upper, made.lower];
}

test("AC-48: the same socket on both sides makes one Record-Route without r2", () => {
  const record = new RecordRoute();
  assert.equal(record.request(""), 1);
  assert.deepEqual(values(record, udp, udp), ["<sip:10.0.0.1;lr;ftag=a>"]);
});

test("AC-46: different sockets make two, the outbound one above (RR-4)", () => {
  const record = new RecordRoute();
  assert.equal(record.request(";x=1"), 1);
  assert.deepEqual(values(record, udp, tcp), ["<sip:10.0.0.1;transport=tcp;r2=on;lr;ftag=a;x=1>", "<sip:10.0.0.1;r2=on;lr;ftag=a;x=1>"]);
});

test("RR-1: the second call is refused, whichever kind", () => {
  const record = new RecordRoute();
  assert.equal(record.request(""), 1);
  assert.equal(record.request(""), -1);
  assert.equal(record.preset("1.2.3.4", undefined, true), -1);
});

test("AC-52: buffered parameters stand in both headers, whenever they were added (RR-3, RR-6)", () => {
  const record = new RecordRoute();
  assert.equal(record.add(";did=a3f.1"), 1);
  assert.equal(record.request(";p=1"), 1);
  assert.equal(record.add(";late=1"), 1);
  assert.deepEqual(values(record, udp, tcp), [
    "<sip:10.0.0.1;transport=tcp;r2=on;lr;ftag=a;p=1;did=a3f.1;late=1>",
    "<sip:10.0.0.1;r2=on;lr;ftag=a;p=1;did=a3f.1;late=1>",
  ]);
});

test("RR-5: preset addresses stand as given, r2 is added to a pair that has none", () => {
  const single = new RecordRoute();
  assert.equal(single.preset("1.2.3.4:5090", undefined, true), 1);
  single.add(";did=1.2");
  assert.deepEqual(values(single, udp, tcp), ["<sip:1.2.3.4:5090;ftag=a;lr;did=1.2>"]);
  const pair = new RecordRoute();
  assert.equal(pair.preset("1.2.3.4;transport=tcp", "5.6.7.8", true), 1);
  assert.deepEqual(values(pair, udp, tcp), ["<sip:1.2.3.4;transport=tcp;r2=on;ftag=a;lr>", "<sip:5.6.7.8;r2=on;ftag=a;lr>"]);
  const marked = new RecordRoute();
  assert.equal(marked.preset("1.2.3.4;r2=on", "5.6.7.8;r2=on", true), 1);
  assert.deepEqual(values(marked, udp, tcp), ["<sip:1.2.3.4;r2=on;ftag=a;lr>", "<sip:5.6.7.8;r2=on;ftag=a;lr>"]);
  assert.equal(new RecordRoute().preset("1.2.3.4", "5.6.7.8", false), -1);
});

test("S-10: parameters that would break out of the header are refused", () => {
  const record = new RecordRoute();
  for (const bad of ["", "x=1", ";x=1>", ";x=\r\n", ";x=a b", ';x="', ";x,y"]) assert.equal(record.add(bad), -1, JSON.stringify(bad));
  assert.equal(record.request(";x=<"), -1);
  assert.equal(record.preset("1.2.3.4\r\nX: y", undefined, true), -1);
  assert.equal(record.isRequested, false);
});

test("RR-2: user and scheme follow the request when asked for", () => {
  const record = new RecordRoute();
  record.request("");
  const sips = requestOf("INVITE", "sips:bob@10.0.0.3", { fromTag: "a" });
  const made = record.values(sips, "bob", udp, udp, { ...defaultProxySettings, addUsername: true, appendFromTag: false });
  assert.equal(made.upper, "<sips:bob@10.0.0.1;lr>");
  const single = record.values(sips, undefined, udp, tcp, { ...defaultProxySettings, enableDoubleRr: false });
  assert.deepEqual([single.upper, single.lower], ["<sips:10.0.0.1;transport=tcp;lr;ftag=a>", undefined]);
});

test("RR-15: the ftag of our Route says which way a request runs", () => {
  assert.equal(directionOf("", "a"), "downstream");
  assert.equal(directionOf(";lr", "a"), "downstream");
  assert.equal(directionOf(";lr;ftag=a", "a"), "downstream");
  assert.equal(directionOf(";lr;ftag=a;did=1.2", "b"), "upstream");
  assert.equal(directionOf(";lr;FTAG=a", "b"), "upstream");
});

test("parameters are found whatever stands around them", () => {
  assert.equal(routeParam(";lr;ftag=a;did=1.2", "did"), "1.2");
  assert.equal(routeParam(";lr;ftag=a", "lr"), "");
  assert.equal(routeParam(";lrx=1;xlr=2", "lr"), undefined);
  assert.equal(routeParam(";a=b=c", "a"), "b=c");
  assert.equal(routeParam("", "a"), undefined);
  assert.equal(routeParam(";;a=1", "a"), "1");
});
