import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { asFault, asRequest, asResponse, invite, lines, ok } from "./harness.ts";
import { buildCancel, buildHopAck, buildReply, buildRequest, edit, H } from "./index.ts";

describe("a reply (SL-1, TM-22)", () => {
  const request = asRequest(
    invite({
      start: "INVITE sip:b@c SIP/2.0",
      V: "v: SIP/2.0/TCP up.example.com;branch=z9hG4bKu",
      RR: "Record-Route: <sip:p1;lr>, <sip:p2;lr>",
      Timestamp: "Timestamp: 54",
      Subject: "Subject: private",
    }),
  );
  test("copies Via, From, To, Call-ID and CSeq as they came, and stamps the top Via", () => {
    const reply = asResponse(
      buildReply(request, { status: 404, toTag: "d1", ip: "192.0.2.5", port: 999, server: "Dialoom", headers: "X-Q: 1\r\n" }),
    );
    assert.deepEqual([reply.status, reply.reason, reply.toTag, reply.fromTag], [404, "Not Found", "d1", request.fromTag]);
    assert.deepEqual([reply.topVia.received, reply.topVia.rport], ["192.0.2.5", 999]);
    assert.deepEqual(reply.values(H.Via)[1], "SIP/2.0/TCP up.example.com;branch=z9hG4bKu");
    assert.deepEqual([reply.callId, reply.cseqNumber, reply.cseqMethod], [request.callId, 1, "INVITE"]);
    assert.deepEqual([reply.header(H.Server), reply.header("X-Q"), reply.header(H.ContentLength)], ["Dialoom", "1", "0"]);
    for (const name of ["Record-Route", "Timestamp", "Subject", "Contact", "Max-Forwards"]) assert.ok(!reply.has(name), name);
  });
  test("carries Record-Route from 180 to 299, Timestamp in 100, and a To tag from 180 on", () => {
    const table: readonly (readonly [status: number, routes: boolean, timestamp: boolean, tag: string])[] = [
      [100, false, true, ""],
      [179, false, false, ""],
      [180, true, false, "t"],
      [200, true, false, "t"],
      [299, true, false, "t"],
      [300, false, false, "t"],
    ];
    for (const [status, routes, timestamp, tag] of table) {
      const reply = asResponse(buildReply(request, { status, toTag: "t" }));
      assert.deepEqual([reply.has(H.RecordRoute), reply.has(H.Timestamp), reply.toTag], [routes, timestamp, tag], String(status));
    }
  });
  test("leaves a To that has a tag alone", () => {
    const inDialog = asRequest(invite({ To: "t : <sip:b@c>;tag=there" }));
    const text = buildReply(inDialog, { status: 481, toTag: "new" });
    assert.ok(text.includes("\r\nt : <sip:b@c>;tag=there\r\n"));
  });
  test("adds the tag behind a folded To and an addr-spec", () => {
    for (const to of ["To:\r\n <sip:b@c>\r\n ;x", "To: sip:b@c;x=y"]) {
      assert.equal(asResponse(buildReply(asRequest(invite({ To: to })), { status: 200, toTag: "new" })).toTag, "new");
    }
  });
  test("stamps the first of several Vias in one line", () => {
    const one = asRequest(invite({ Via: "Via: SIP/2.0/UDP h;branch=z9hG4bK1 ,SIP/2.0/UDP i;branch=z9hG4bK2" }));
    const reply = buildReply(one, { status: 200, ip: "192.0.2.5", port: 9 });
    assert.ok(reply.includes("Via: SIP/2.0/UDP h;received=192.0.2.5;branch=z9hG4bK1 ,SIP/2.0/UDP i;branch=z9hG4bK2\r\n"));
    const folded = asRequest(invite({ Via: "Via: SIP/2.0/UDP h;branch=z9hG4bK1,\r\n SIP/2.0/UDP i" }));
    assert.deepEqual(asResponse(buildReply(folded, { status: 200, ip: "1.2.3.4", port: 9 })).values(H.Via), [
      "SIP/2.0/UDP h;received=1.2.3.4;branch=z9hG4bK1",
      "SIP/2.0/UDP i",
    ]);
  });
  test("has a body with its type and length", () => {
    const reply = asResponse(buildReply(request, { status: 200, body: "v=0\r\n", contentType: "application/sdp" }), { stream: true });
    assert.deepEqual([reply.body, reply.contentType], ["v=0\r\n", "application/sdp"]);
  });
  test("falls back to the usual phrase when its own would break the line (S-10)", () => {
    assert.ok(buildReply(request, { status: 486, reason: "Busy\r\nX: y" }).startsWith("SIP/2.0 486 Busy Here\r\n"));
  });
  test("to a request that lacks what it should copy leaves it out (M-31)", () => {
    for (const name of ["To", "From", "Call-ID", "CSeq"]) {
      const found = asFault(invite({ [name]: undefined }));
      assert.ok(found.headers !== undefined);
      const reply = buildReply(found.headers, { status: 400, reason: found.reason, toTag: "t", ip: "192.0.2.5", port: 5 });
      assert.ok(reply.startsWith(`SIP/2.0 400 Missing ${name} Header\r\n`) && !reply.includes(`\r\n${name}:`));
    }
  });
  test("to a request with two of a header copies the first", () => {
    const found = asFault(invite({ extra: "i: second" }));
    assert.ok(found.headers !== undefined);
    const reply = buildReply(found.headers, { status: 400 });
    assert.ok(reply.includes("Call-ID: 3848") && !reply.includes("second"));
  });
  test("is never longer than its request by more than 512 bytes (S-03)", () => {
    const found = asFault(invite({ CSeq: "CSeq: x" }));
    assert.ok(found.headers !== undefined);
    const reply = buildReply(found.headers, {
      status: 400,
      reason: found.reason,
      toTag: "t".repeat(40),
      ip: "2001:db8::1",
      port: 65_535,
      server: "Dialoom (0.1.0 (x86_64/linux))",
    });
    assert.ok(reply.length <= invite({ CSeq: "CSeq: x" }).length + 512);
  });
});

describe("what belongs to the INVITE's own hop", () => {
  const sent = asRequest(
    edit(asRequest(invite({ R: "Route: <sip:r1;lr>,<sip:r2;lr>", R2: "Route: <sip:r3;lr>" })))
      .prepend("Via", "SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKours")
      .setCseqNumber(42)
      .retarget("sip:bob@192.0.2.4")
      .serialise(),
  );
  test("the ACK to a refusal (TM-57)", () => {
    const refusal = asResponse(ok({ start: "SIP/2.0 486 Busy Here", To: "To: Bob <sip:bob@biloxi.example.com>;tag=busy" }));
    const ack = asRequest(buildHopAck(sent, refusal), { stream: true });
    assert.deepEqual([ack.method, ack.requestUri, ack.cseqNumber, ack.cseqMethod], ["ACK", "sip:bob@192.0.2.4", 42, "ACK"]);
    assert.deepEqual(ack.values(H.Via), ["SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKours"]);
    assert.deepEqual(ack.values(H.Route), ["<sip:r1;lr>", "<sip:r2;lr>", "<sip:r3;lr>"]);
    assert.deepEqual([ack.toTag, ack.fromTag, ack.callId, ack.maxForwards, ack.body], ["busy", sent.fromTag, sent.callId, 70, ""]);
  });
  test("the CANCEL of a branch (TM-39)", () => {
    const cancel = asRequest(buildCancel(sent, "Reason: SIP;cause=200\r\n"), { stream: true });
    assert.deepEqual(
      [cancel.method, cancel.requestUri, cancel.cseqNumber, cancel.cseqMethod],
      ["CANCEL", "sip:bob@192.0.2.4", 42, "CANCEL"],
    );
    assert.deepEqual(cancel.values(H.Via), ["SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKours"]);
    assert.deepEqual([cancel.toTag, cancel.header(H.Reason), cancel.maxForwards], ["", "SIP;cause=200", 70]);
    assert.equal(cancel.values(H.Route).length, 3);
  });
});

describe("a request of our own", () => {
  test("has all it needs (RFC 3261 §8.1.1)", () => {
    const bye = asRequest(
      buildRequest({
        method: "BYE",
        requestUri: "sip:bob@192.0.2.4",
        via: "SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKb",
        from: "<sip:a@b>;tag=1",
        to: "<sip:c@d>;tag=2",
        callId: "x",
        cseq: 7,
        routes: ["<sip:r1;lr>", "<sip:r2;lr>"],
        headers: "Reason: SIP;cause=480\r\n",
        userAgent: "Dialoom",
      }),
      { stream: true },
    );
    assert.deepEqual([bye.method, bye.cseqNumber, bye.fromTag, bye.toTag, bye.maxForwards], ["BYE", 7, "1", "2", 70]);
    assert.deepEqual(bye.values(H.Route), ["<sip:r1;lr>", "<sip:r2;lr>"]);
    assert.deepEqual([bye.header(H.UserAgent), bye.header(H.Reason)], ["Dialoom", "SIP;cause=480"]);
  });
  test("from a stored dialog with tags of 4 KB is refused by whoever reads it, not by us", () => {
    const text = buildRequest({
      method: "BYE",
      requestUri: "sip:b@c",
      via: "SIP/2.0/UDP h;branch=z9hG4bKb",
      from: `<sip:a@b>;tag=${"t".repeat(4096)}`,
      to: "<sip:c@d>;tag=2",
      callId: "x",
      cseq: 7,
    });
    assert.equal(asFault(text).class, "X-24");
  });
  test("with a body reads back", () => {
    const text = buildRequest({
      method: "INFO",
      requestUri: "sip:b@c",
      via: "SIP/2.0/UDP h;branch=z9hG4bKb",
      from: "<sip:a@b>;tag=1",
      to: "<sip:c@d>;tag=2",
      callId: "x",
      cseq: 7,
      body: "Signal=1",
      contentType: "application/dtmf-relay",
    });
    assert.equal(asRequest(text, { stream: true }).body, "Signal=1");
    assert.equal(lines([], "x"), "\r\n\r\nx");
  });
});
