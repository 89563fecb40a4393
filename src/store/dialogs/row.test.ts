import assert from "node:assert/strict";
import { test } from "node:test";
import type { DialogSnapshot } from "../../dialog/index.ts";
import type { SqlValue } from "../ports.ts";
import { dialogTable } from "../schema/index.ts";
import { ALICES, CAPTURED, SDP } from "./fixtures.ts";
import { type RowCall, readRow, splitRoutes } from "./read-row.ts";
import { At, type FlagNaming, numberedFlags, type RowForm } from "./row-form.ts";
import { type RowNotes, writeRow } from "./write-row.ts";

const REFERENCE: RowForm = {
  dialect: "sqlite",
  table: dialogTable({}, 11),
  hasOwn: false,
  widths: new Map(),
  flagNaming: numberedFlags,
};
const OURS: RowForm = { ...REFERENCE, table: dialogTable({}, 12), hasOwn: true };
const NOTES: RowNotes = { callerPing: 0, calleePing: 0, hasValues: true, isFromStore: false };

function asText(row: readonly SqlValue[]): readonly SqlValue[] {
  return row.map((one) => (one instanceof Uint8Array ? Buffer.from(one).toString("latin1") : one));
}

function read(row: readonly SqlValue[], form: RowForm): RowCall {
  const call = readRow(row, form);
  assert.ok(call.ok, call.ok ? "" : call.fault.reason);
  return call.value;
}

test("a call is written as OpenSIPS 3.1 to 3.3 write it, column by column (12.1 to 12.3)", () => {
  assert.deepEqual(asText(writeRow(ALICES, REFERENCE, NOTES)), CAPTURED);
});

test("version 12 has types in its lists and names for its flags", () => {
  const row = asText(writeRow(ALICES, { ...REFERENCE, table: dialogTable({}, 12) }, NOTES));
  assert.equal(row[At.vars], `cct#1#|ucSDP#1#${SDP}|Cct#1#|uCSDP#1#${SDP}|account#1#pre\\#paid\\|x;y|caller#1#sip:alice@127.0.0.1|`);
  assert.equal(row[At.profiles], "caller#1#alice|inbound#1#|");
  assert.equal(row[At.scriptFlags], "3");
});

test("a row that OpenSIPS has written comes back as a call of two parties; internal values go where they belong (12.3, 12.6)", () => {
  const { snapshot, kind } = read(CAPTURED, REFERENCE);
  assert.equal(kind, "reduced");
  assert.deepEqual(snapshot.values, ALICES.values);
  assert.deepEqual(snapshot.links, ALICES.links);
  assert.deepEqual([snapshot.entry, snapshot.id], [ALICES.entry, ALICES.id]);
  assert.equal(snapshot.flags, 8);
  assert.equal(snapshot.options, 0);
  assert.equal(snapshot.expiresAt, 1795499550_000);
  assert.deepEqual(snapshot.routes, ALICES.routes);
  const [caller, callee] = snapshot.legs;
  assert.equal(snapshot.legs.length, 2);
  assert.equal(snapshot.winner, 1);
  assert.deepEqual([caller?.receivedSdp, callee?.receivedSdp], [SDP, SDP]);
  // the generic rule of the reference gives the caller's CSeq to the wrong field: ours does not
  assert.deepEqual([caller?.cseq, caller?.inviteCseq, callee?.cseq], [0, -1, 1]);
});

test("all flags of the column come and go (12.2)", () => {
  const call: DialogSnapshot = { ...ALICES, options: 8 | 32 | 4096 | 32768 | 1048576, hasBye: true, wasCancelled: true, isRaced: true };
  const row = writeRow(call, REFERENCE, { ...NOTES, isFromStore: true });
  assert.equal(row[At.flags], call.options | 4 | 16 | 128 | 8192 | 16384 | 65536 | 131072);
  const back = read(row, REFERENCE).snapshot;
  assert.deepEqual([back.options, back.hasBye, back.wasCancelled, back.isRaced], [call.options, true, true, true]);
});

test("without db_flush_vals_profiles the columns of values are NULL and the flags 0 (12.5)", () => {
  const row = writeRow({ ...ALICES, moduleFlags: 3 }, REFERENCE, { ...NOTES, hasValues: false });
  assert.deepEqual([row[At.vars], row[At.profiles], row[At.scriptFlags], row[At.moduleFlags]], [null, null, 0, 0]);
});

test("NOT NULL columns get empty texts, nullable ones NULL", () => {
  const bare = { ...ALICES, legs: ALICES.legs.map((leg) => ({ ...leg, tag: "", remoteTarget: "", socket: "" })) };
  const row = writeRow(bare, REFERENCE, NOTES);
  assert.deepEqual([row[At.toTag], row[At.calleeSock], row[At.calleeContact], row[At.mangledFromUri]], ["", "", null, null]);
});

test("the sharing tag, advertised contacts and changed descriptions stand among the values of the reference", () => {
  const [caller, callee] = ALICES.legs;
  assert.ok(caller !== undefined && callee !== undefined);
  const call: DialogSnapshot = {
    ...ALICES,
    sharingTag: "vip1",
    legs: [
      { ...caller, sentSdp: "v=1", advertisedContact: "Contact: <sip:us>\r\n" },
      { ...callee, sentSdp: "v=2", routeSet: ["<sip:p1;lr>", '"a,b" <sip:p2,x;lr>'], fromUri: "sip:anonymous@x" },
    ],
  };
  const back = read(writeRow(call, REFERENCE, NOTES), REFERENCE).snapshot;
  assert.equal(back.sharingTag, "vip1");
  assert.deepEqual(back.values, ALICES.values);
  assert.deepEqual(
    [back.legs[0]?.sentSdp, back.legs[0]?.advertisedContact, back.legs[1]?.sentSdp],
    ["v=1", "Contact: <sip:us>\r\n", "v=2"],
  );
  assert.deepEqual(back.legs[1]?.routeSet, ["<sip:p1;lr>", '"a,b" <sip:p2,x;lr>']);
  assert.equal(back.legs[1]?.fromUri, "sip:anonymous@x");
});

test("a list of routes is parted where the reference has joined it", () => {
  assert.deepEqual(splitRoutes(""), []);
  assert.deepEqual(splitRoutes("<sip:a;lr>,<sip:b;lr>"), ["<sip:a;lr>", "<sip:b;lr>"]);
  assert.deepEqual(splitRoutes('"x\\",y" <sip:a,b;lr> , sip:c'), ['"x\\",y" <sip:a,b;lr>', "sip:c"]);
  assert.deepEqual(splitRoutes('"open, <sip:a>'), ['"open, <sip:a>']);
});

test("rows are refused with a reason when they cannot be a call (12.6)", () => {
  const broken = (place: number, value: SqlValue): string => {
    const row = CAPTURED.with(place, value as string) as readonly SqlValue[];
    const call = readRow(row, REFERENCE);
    assert.equal(call.ok, false);
    return call.ok ? "" : `${call.fault.id}: ${call.fault.reason}`;
  };
  assert.equal(broken(At.id, null), "null: its id is no number");
  assert.equal(broken(At.id, "x"), "x: its id is no number");
  assert.match(broken(At.startTime, null), /16012857917670: start_time or timeout/);
  assert.match(broken(At.state, null), /state is none of/);
  assert.match(broken(At.state, 6), /state is none of/);
  assert.match(broken(At.callId, null), /callid, a URI or a tag is NULL/);
  assert.match(broken(At.toTag, null), /NULL/);
  assert.match(broken(At.toUri, null), /NULL/);
  assert.match(broken(At.callerCseq, null), /CSeq/);
  assert.match(broken(At.calleeCseq, "twelve"), /CSeq/);
});

// ---- our own column

test("the numbers that a row vouches for count after a load, whatever the snapshot says", () => {
  const call = { ...ALICES, legs: ALICES.legs.map((leg, i) => ({ ...leg, generatedCseq: i === 0 ? 3 : 103 })) };
  const { snapshot, kind } = read(writeRow(call, OURS, { ...NOTES, callerPing: 32, calleePing: 132 }), OURS);
  assert.equal(kind, "whole");
  assert.deepEqual(
    snapshot.legs.map((leg) => leg.generatedCseq),
    [32, 132],
  );
});

test("where somebody else has written since, the row speaks and the snapshot fills the rest", () => {
  const row = writeRow(ALICES, OURS, NOTES)
    .with(At.timeout, 1795500000)
    .with(At.calleeCseq, "7")
    .with(At.calleeContact, "sip:bob@10.9.9.9")
    .with(At.vars, "account#1#other|")
    .with(At.flags, 24592 | 8);
  const { snapshot, kind } = read(row, OURS);
  assert.equal(kind, "changed");
  assert.equal(snapshot.expiresAt, 1795500000_000);
  assert.equal(snapshot.options, 8);
  assert.deepEqual(snapshot.values, [{ name: "account", value: "other", isInteger: false }]);
  assert.deepEqual(snapshot.links, ALICES.links);
  const [caller, callee] = snapshot.legs;
  assert.deepEqual(caller, ALICES.legs[0]);
  assert.deepEqual(
    [callee?.cseq, callee?.previousCseq, callee?.remoteTarget, callee?.previousTarget],
    [7, 1, "sip:bob@10.9.9.9", "sip:bob@127.0.0.1:5081"],
  );
  assert.equal(callee?.receivedSdp, SDP);
});

test("columns that are not kept true do not speak against the snapshot", () => {
  const row = writeRow(ALICES, OURS, { ...NOTES, hasValues: false })
    .with(At.vars, "old#1#old|")
    .with(At.timeout, 1795500000);
  assert.deepEqual(read(row, OURS).snapshot.values, ALICES.values);
});

test("a column of ours that cannot be read leaves what the others say", () => {
  const row = writeRow(ALICES, OURS, NOTES);
  assert.equal(read(row.with(At.own, Buffer.from("{}")), OURS).kind, "unreadable");
  assert.equal(read(row.with(At.own, null), OURS).kind, "reduced");
  assert.equal(read(row.with(At.id, 5n), OURS).kind, "unreadable");
  assert.deepEqual(read(row.with(At.own, null), OURS).snapshot.values, ALICES.values);
});

test("flags keep their names when the script numbers them anew", () => {
  const naming = (names: readonly string[]): FlagNaming => ({
    isUsed: true,
    namesOf: (flags) => names.filter((_one, i) => ((flags >>> (31 - i)) & 1) === 1).join(" "),
    flagsOf: (text) => text.split(" ").reduce((all, one) => (names.includes(one) ? all | (1 << (31 - names.indexOf(one))) : all), 0) >>> 0,
  });
  const row = writeRow({ ...ALICES, flags: 2 ** 31 }, { ...OURS, flagNaming: naming(["PAID", "VIP"]) }, { ...NOTES, hasValues: false });
  assert.equal(read(row, { ...OURS, flagNaming: naming(["VIP", "PAID"]) }).snapshot.flags, 2 ** 30);
});
