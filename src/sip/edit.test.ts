import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DialoomError } from "../kit/index.ts";
import { asRequest, asResponse, invite, lines, ok } from "./harness.ts";
import { edit, H } from "./index.ts";

const ROUTES = lines(
  [
    "INVITE sip:b@c SIP/2.0",
    "v : SIP/2.0/UDP h1;branch=z9hG4bK1,\r\n SIP/2.0/UDP h2;branch=z9hG4bK2",
    "Route: <sip:r1;lr> , <sip:r2;lr>,<sip:r3;lr>",
    "f: <sip:a@b>;tag=1",
    "t: <sip:b@c>",
    "i: x",
    "ROUTE:<sip:r4;lr>",
    "CSeq: 0009 \r\n INVITE",
    "Subject:",
    "l: 3",
  ],
  "abc",
);

describe("an edit", () => {
  test("of nothing changes nothing", () => {
    const request = asRequest(invite());
    assert.ok(edit(request).isEmpty);
    assert.equal(edit(request).serialise(), invite());
    assert.equal(edit(request).serialise({ contentLength: true }), invite());
  });
  test("of a relayed request: Record-Route above our Via above theirs (M-5)", () => {
    const request = asRequest(invite());
    const sent = edit(request)
      .stampReceived("192.0.2.101", 40_000)
      .set(H.MaxForwards, request.maxForwards - 1)
      .prepend("Via", "SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKa1")
      .prepend("Record-Route", "<sip:198.51.100.7;lr>")
      .retarget("sip:bob@192.0.2.4")
      .serialise();
    const expected = invite({
      start: "INVITE sip:bob@192.0.2.4 SIP/2.0\r\nRecord-Route: <sip:198.51.100.7;lr>\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKa1",
      Via: "Via: SIP/2.0/UDP client.atlanta.example.com:5060;received=192.0.2.101;branch=z9hG4bK74bf9;rport=40000",
      "Max-Forwards": "Max-Forwards: 69",
    });
    assert.equal(sent, expected);
  });
  test("of a relayed response takes the top Via away, line or value (M-6)", () => {
    assert.equal(edit(asResponse(ok())).removeTopVia().serialise(), ok({ Via: undefined }));
    const joined = ok({ Via: "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKa1 ,  SIP/2.0/UDP next" });
    assert.equal(edit(asResponse(joined)).removeTopVia().serialise(), ok({ Via: "Via: SIP/2.0/UDP next" }));
    const folded = edit(asRequest(ROUTES)).removeTopVia().serialise();
    assert.ok(folded.includes("v : SIP/2.0/UDP h2;branch=z9hG4bK2\r\nRoute"));
  });
  test("stamps a folded Via on one line", () => {
    const sent = edit(asRequest(ROUTES)).stampReceived("192.0.2.1", 5).serialise();
    assert.ok(sent.includes("v : SIP/2.0/UDP h1;received=192.0.2.1;branch=z9hG4bK1,\r\n SIP/2.0/UDP h2;branch=z9hG4bK2\r\n"));
    const split = invite({ Via: "Via: SIP/2.0/UDP\r\n h;branch=z9hG4bK1" });
    assert.ok(
      edit(asRequest(split))
        .stampReceived("192.0.2.1", 5)
        .serialise()
        .includes("Via: SIP/2.0/UDP h;received=192.0.2.1;branch=z9hG4bK1\r\n"),
    );
  });
  test("sets the first line of a header and keeps its name; appends what is missing; later wins", () => {
    const sent = edit(asRequest(ROUTES))
      .set(H.Route, "<sip:x;lr>")
      .set("T", "<sip:new@c>")
      .set("subject", "one")
      .set("X-New", 1)
      .set("t", "<sip:last@c>");
    const text = sent.serialise();
    assert.ok(text.includes("\r\nRoute: <sip:x;lr>\r\n") && text.includes("\r\nROUTE:<sip:r4;lr>\r\n"));
    assert.ok(text.includes("\r\nt: <sip:last@c>\r\n") && text.includes("\r\nSubject: one\r\n"));
    assert.ok(text.endsWith("l: 3\r\nX-New: 1\r\n\r\nabc"));
  });
  test("removes all lines of a header, and sets it anew at the end after that", () => {
    const text = edit(asRequest(ROUTES)).remove("Route").set("Route", "<sip:n;lr>").serialise();
    assert.ok(!text.includes("r4") && !text.includes("r1"));
    assert.ok(text.includes("l: 3\r\nRoute: <sip:n;lr>\r\n\r\n"));
  });
  test("removes single values in every order; an emptied line goes (RR-18)", () => {
    const line = asRequest(ROUTES).headerIndex(H.Route);
    const left = (...values: readonly number[]): string | undefined => {
      const change = edit(asRequest(ROUTES));
      for (const k of values) change.removeValue(line, k);
      const text = change.serialise();
      const at = text.indexOf("Route: ");
      return at < 0 ? undefined : text.slice(at + 7, text.indexOf("\r\n", at));
    };
    assert.equal(left(0), "<sip:r2;lr>,<sip:r3;lr>");
    assert.equal(left(1), "<sip:r1;lr>,<sip:r3;lr>");
    assert.equal(left(2), "<sip:r1;lr> , <sip:r2;lr>");
    for (const two of [
      [0, 1],
      [1, 0],
    ])
      assert.equal(left(...two), "<sip:r3;lr>");
    for (const two of [
      [0, 2],
      [2, 0],
    ])
      assert.equal(left(...two), "<sip:r2;lr>");
    for (const two of [
      [1, 2],
      [2, 1],
    ])
      assert.equal(left(...two), "<sip:r1;lr>");
    for (const three of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [0, 2, 1],
    ])
      assert.equal(left(...three), undefined);
    assert.equal(left(7), "<sip:r1;lr> , <sip:r2;lr>,<sip:r3;lr>");
  });
  test("replaces single values beside removed ones", () => {
    const request = asRequest(ROUTES);
    const line = request.headerIndex(H.Route);
    const text = edit(request).setValue(line, 1, "<sip:new>").removeValue(line, 0).setValue(line, 0, "<sip:gone>").serialise();
    assert.ok(text.includes("Route: <sip:new>,<sip:r3;lr>\r\n"));
  });
  test("changes the CSeq number only", () => {
    assert.ok(edit(asRequest(ROUTES)).setCseqNumber(10).serialise().includes("CSeq: 10 \r\n INVITE\r\n"));
  });
  test("gives a new body its length, in the line that is there or a new one", () => {
    assert.ok(
      edit(asRequest(ROUTES))
        .setBody("longer body", "text/plain")
        .serialise()
        .endsWith("l: 11\r\nContent-Type: text/plain\r\n\r\nlonger body"),
    );
    const bare = asRequest(invite({ "Content-Length": undefined }));
    assert.ok(edit(bare).setBody("").serialise().endsWith("Content-Length: 0\r\n\r\n"));
    const twice = asRequest(invite({ extra: "l: 5" }));
    const text = edit(twice).setBody("x").serialise();
    assert.ok(text.includes("Content-Length: 1\r\n") && !text.includes("l: 5"));
    const fooled = edit(asRequest(invite())).set(H.ContentLength, 999).setBody("xy").serialise();
    assert.ok(fooled.includes("Content-Length: 2\r\n") && !fooled.includes("999"));
    const removed = edit(asRequest(invite())).remove(H.ContentLength).setBody("xy").serialise();
    assert.ok(removed.endsWith("Content-Length: 2\r\n\r\nxy"));
  });
  test("adds a Content-Length for a stream (M-5)", () => {
    const bare = asRequest(invite({ "Content-Length": undefined }));
    const text = edit(bare).serialise({ contentLength: true });
    assert.ok(text.endsWith("Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n"));
    assert.equal(asRequest(text, { stream: true }).body, bare.body);
  });
  test("cuts what lies beyond the message, and ends a head that had no empty line", () => {
    assert.equal(edit(asRequest(`${invite()}tail`)).serialise(), invite());
    const open = invite({ "Content-Length": undefined }, "").slice(0, -2);
    assert.equal(edit(asRequest(open)).serialise(), open);
    assert.equal(edit(asRequest(open)).append("X", "y").serialise(), `${open}X: y\r\n\r\n`);
  });
  test("of a fork leaves its parent alone (M-3)", () => {
    const parent = edit(asRequest(invite())).set(H.MaxForwards, 69);
    const before = parent.serialise();
    const fork = parent.clone().set(H.MaxForwards, 1).prepend("Via", "x").append("Y", "z").remove("To").retarget("sip:f").setBody("b");
    assert.equal(parent.serialise(), before);
    assert.ok(fork.serialise().startsWith("INVITE sip:f SIP/2.0\r\nVia: x\r\n"));
  });
  test("of raw bytes keeps to the head, and merges with what overlaps", () => {
    const request = asRequest(invite());
    const at = request.text.indexOf("Alice");
    const text = edit(request)
      .replace(at, at + 5, "Carol")
      .replace(at + 5, at + 5, "!")
      .serialise();
    assert.ok(text.includes('From: "Carol!" <'));
    assert.ok(
      edit(request)
        .replace(at, at + 3, "X")
        .replace(at + 2, at + 5, "Y")
        .serialise()
        .includes('From: "XY" <'),
    );
    assert.ok(
      edit(request)
        .replace(at + 2, at + 5, "Y")
        .replace(at, at + 3, "X")
        .serialise()
        .includes('From: "XY" <'),
    );
    const inside = edit(request)
      .replace(at, at + 5, "Carol")
      .replace(at + 2, at + 2, "!")
      .replace(at + 1, at + 3, "?");
    assert.ok(inside.serialise().includes('From: "Carol" <'), "what is inside a replaced range is no longer there");
    const two = edit(request)
      .replace(at + 5, at + 5, "2")
      .replace(at, at, "0")
      .replace(at + 5, at + 5, "3")
      .replace(at, at + 5, "1");
    assert.ok(two.serialise().includes('From: "0123" <'));
    assert.equal(edit(request).replace(0, 6, "HACKED").serialise(), invite());
    assert.ok(
      edit(request)
        .remove("From")
        .replace(at, at + 5, "Carol")
        .serialise()
        .includes("Carol") === false,
    );
  });
  test("refuses line ends and NUL in header text (S-10)", () => {
    for (const evil of ["a\r\nX: y", "a\nb", "a\rb", "a\0b"]) {
      const request = asRequest(invite());
      for (const run of [
        () => edit(request).set("Subject", evil),
        () => edit(request).append("Subject", evil),
        () => edit(request).append(evil, "x"),
        () => edit(request).prepend("Via", evil),
        () => edit(request).retarget(evil),
        () => edit(request).reline(evil),
        () => edit(request).setValue(0, 0, evil),
      ]) {
        assert.throws(run, (error) => error instanceof DialoomError && error.code === "DIALOOM_BAD_ARGUMENT");
      }
    }
  });
});

describe("lists of options", () => {
  const message = (): string => invite({ Supported: "Supported: 100rel , timer", Also: "k: Path", Empty: "Require:" });
  test("an option is added to the first line of its header; without one nothing happens", () => {
    const change = edit(asRequest(message()));
    assert.ok(change.addListed("Supported", "gruu"));
    assert.ok(change.addListed("Require", "a"));
    assert.ok(!change.addListed("Proxy-Require", "x"));
    assert.equal(change.serialise(), message().replace("timer", "timer, gruu").replace("Require:", "Require: a"));
  });
  test("an option leaves all lines; a line without values goes with it", () => {
    const change = edit(asRequest(message()));
    assert.ok(change.removeListed("Supported", "PATH"));
    assert.ok(change.removeListed("Supported", "100rel"));
    assert.ok(!change.removeListed("Supported", "100rel"));
    assert.ok(!change.removeListed("Supported", "nothing"));
    assert.equal(change.serialise(), message().replace("100rel , ", "").replace("k: Path\r\n", ""));
  });
  test("adding and removing go together in any order", () => {
    const one = (): string => invite({ Supported: "Supported: 100rel" });
    const removedFirst = edit(asRequest(one()));
    removedFirst.removeListed("Supported", "100rel");
    removedFirst.addListed("Supported", "x");
    assert.deepEqual(asRequest(removedFirst.serialise()).values("Supported"), ["x"]);
    const addedFirst = edit(asRequest(one()));
    addedFirst.addListed("Supported", "x");
    addedFirst.addListed("Supported", "y");
    const fork = addedFirst.clone();
    addedFirst.removeListed("Supported", "100rel");
    assert.deepEqual(asRequest(addedFirst.serialise()).values("Supported"), ["x", "y"]);
    assert.deepEqual(asRequest(fork.serialise()).values("Supported"), ["100rel", "x", "y"]);
  });
});

test("complete lines go above the first and below the last", () => {
  const change = edit(asRequest(invite())).appendLines("X-A: 1\r\nX-B: 2\r\n").prependLines("X-C: 3\r\n");
  const out = change.serialise();
  assert.ok(out.includes("SIP/2.0\r\nX-C: 3\r\nVia:"));
  assert.ok(out.includes("X-A: 1\r\nX-B: 2\r\n\r\n"));
  const removed = edit(asRequest(invite())).remove("Contact");
  assert.ok(removed.isRemoved(removed.message.headerIndex("Contact")));
  assert.ok(!removed.isRemoved(removed.message.headerIndex("To")));
});
