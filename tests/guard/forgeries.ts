// Requests that claim to belong to a call and do not: who sends them, what they know, and what they try.
import { A, B, M, type Phone, type Said, type Stage, sdpOf, type TestCall } from "./bench.ts";

/** What an attacker has got hold of. */
export type Known =
  | "nothing" // of this call
  | "callId"
  | "tags" // Call-ID and both tags
  | "address" // it can send from the address of a party, the far one's answers go elsewhere
  | "capture" // a whole message, cookie included, as it once passed
  | "party"; // everything: it is one of the two

export interface Forgery {
  readonly number: number;
  readonly name: string;
  readonly knows: readonly Known[];
  /** How far the call has got; "talking" when left out. */
  readonly stage?: Stage;
  /** Whom it claims to be. */
  readonly as: "a" | "b";
  /** Where it sends from; M when left out. */
  readonly source?: "a" | "b" | "m";
  readonly said: Said | ((call: TestCall) => Said);
  /**
   * `unchanged`: the dialog is as it was. `arrives`: a party says what is true of itself and sends it the wrong way; refused by a script
   * that validates, and sent to whom it is meant for by the other door.
   */
  readonly outcome?: "unchanged" | "arrives";
}

const HIJACK = { contact: `<sip:${M}:5060>`, body: sdpOf(M) };
const to = (host: string): string => `sip:${host}:5060`;
/** Our Route with a cookie of the attacker's choice. */
const routeWith = (did: string): string => `<sip:10.0.0.1;lr;ftag=a;did=${did}>`;
const last = <T>(phone: Phone, pick: (phone: Phone) => readonly T[]): T | undefined => pick(phone).at(-1);

/** A cookie of another call, which the attacker has made itself. */
function foreignDid(call: TestCall): string {
  const { bench } = call;
  const id = `own-${bench.branch()}@${M}`;
  bench.send(bench.m, call.text("a", { method: "INVITE", cseq: 1, callId: id, fromTag: "m", toTag: "", route: "", uri: to(B) }, M));
  const invite = last(bench.b, (phone) => phone.requests.filter((one) => one.callId === id));
  const at = invite?.header("Record-Route")?.indexOf("did=") ?? -1;
  return invite?.header("Record-Route")?.slice(at + 4, -1) ?? "";
}

/** The right bucket, which follows from the Call-ID, and a guess at the rest. */
function guessedDid(call: TestCall): string {
  return `${call.dialog.did.split(".")[0] ?? ""}.1a2b3c4d`;
}

const BLIND: readonly Omit<Forgery, "number">[] = [
  { name: "BYE without tags", knows: ["callId"], as: "a", said: { method: "BYE", cseq: 104, route: "", fromTag: "", toTag: "" } },
  { name: "BYE with made-up tags", knows: ["callId"], as: "a", said: { method: "BYE", cseq: 104, route: "", fromTag: "x1", toTag: "x2" } },
  { name: "BYE with the From-tag alone", knows: ["callId"], as: "a", said: { method: "BYE", cseq: 104, route: "", toTag: "" } },
  { name: "BYE with the To-tag alone", knows: ["callId"], as: "a", said: { method: "BYE", cseq: 104, route: "", fromTag: "" } },
  { name: "BYE with a wrong To-tag", knows: ["callId"], as: "a", said: { method: "BYE", cseq: 104, route: "", toTag: "x" } },
  { name: "BYE with a wrong From-tag", knows: ["callId"], as: "b", said: { method: "BYE", cseq: 8, route: "", fromTag: "x" } },
  { name: "BYE with one tag twice", knows: ["callId"], as: "a", said: { method: "BYE", cseq: 104, route: "", fromTag: "a", toTag: "a" } },
  {
    name: "BYE with the other tag twice",
    knows: ["callId"],
    as: "b",
    said: { method: "BYE", cseq: 8, route: "", fromTag: "b", toTag: "b" },
  },
  {
    name: "BYE with tags in capitals",
    knows: ["callId"],
    as: "a",
    said: { method: "BYE", cseq: 104, route: "", fromTag: "A", toTag: "B" },
  },
  {
    name: "BYE with a Call-ID in another case",
    knows: ["tags"],
    as: "a",
    said: (call) => ({ method: "BYE", cseq: 104, callId: call.callId.toUpperCase() }),
  },
  {
    name: "BYE with the beginning of the Call-ID",
    knows: ["tags"],
    as: "a",
    said: (call) => ({ method: "BYE", cseq: 104, callId: call.callId.slice(0, -1) }),
  },
  {
    name: "BYE with a foreign cookie and no tags",
    knows: ["callId"],
    as: "a",
    said: (call) => ({ method: "BYE", cseq: 104, fromTag: "", toTag: "", route: routeWith(foreignDid(call)) }),
  },
  {
    name: "BYE with the right cookie and made-up tags",
    knows: ["callId", "capture"],
    as: "a",
    said: { method: "BYE", cseq: 104, fromTag: "x1", toTag: "x2" },
  },
  {
    name: "BYE with the right cookie and tags of another Call-ID",
    knows: ["capture"],
    as: "a",
    said: { method: "BYE", cseq: 104, callId: `other@${A}` },
  },
  {
    name: "early BYE with a made-up To-tag",
    knows: ["callId"],
    stage: "early",
    as: "a",
    said: { method: "BYE", cseq: 103, route: "", toTag: "x" },
  },
];

const STRANGER: readonly Omit<Forgery, "number">[] = [
  { name: "BYE for the caller", knows: ["tags"], as: "a", said: { method: "BYE", cseq: 104, route: "" } },
  { name: "BYE for the callee", knows: ["tags"], as: "b", said: { method: "BYE", cseq: 8, route: "" } },
  { name: "BYE with a number far ahead", knows: ["tags"], as: "a", said: { method: "BYE", cseq: 900_000, route: "" } },
  { name: "BYE with the number of the last request", knows: ["tags"], as: "a", said: { method: "BYE", cseq: 103, route: "" } },
  { name: "re-INVITE that moves the caller", knows: ["tags"], as: "a", said: { method: "INVITE", cseq: 104, route: "", ...HIJACK } },
  { name: "re-INVITE that moves the callee", knows: ["tags"], as: "b", said: { method: "INVITE", cseq: 8, route: "", ...HIJACK } },
  { name: "UPDATE that moves the caller", knows: ["tags"], as: "a", said: { method: "UPDATE", cseq: 104, route: "", ...HIJACK } },
  { name: "INFO that uses up numbers", knows: ["tags"], as: "a", said: { method: "INFO", cseq: 60_000, route: "" } },
  { name: "REFER", knows: ["tags"], as: "a", said: { method: "REFER", cseq: 104, route: "", headers: `Refer-To: <sip:${M}>` } },
  { name: "MESSAGE for the callee", knows: ["tags"], as: "b", said: { method: "MESSAGE", cseq: 8, route: "" } },
  { name: "OPTIONS", knows: ["tags"], as: "a", said: { method: "OPTIONS", cseq: 104, route: "" } },
  {
    name: "PRACK",
    knows: ["tags"],
    stage: "early",
    as: "a",
    said: { method: "PRACK", cseq: 103, route: "", headers: "RAck: 1 102 INVITE" },
  },
  { name: "UPDATE while it rings", knows: ["tags"], stage: "early", as: "b", said: { method: "UPDATE", cseq: 1, route: "", ...HIJACK } },
  { name: "early BYE, to end the call as a race", knows: ["tags"], stage: "early", as: "a", said: { method: "BYE", cseq: 103, route: "" } },
  { name: "ACK in the caller's place", knows: ["tags"], stage: "answered", as: "a", said: { method: "ACK", cseq: 102, route: "" } },
  {
    name: "ACK with another answer",
    knows: ["tags"],
    stage: "answered",
    as: "a",
    said: { method: "ACK", cseq: 102, route: "", body: sdpOf(M) },
  },
  {
    name: "BYE before the ACK",
    knows: ["tags"],
    stage: "answered",
    as: "b",
    said: { method: "BYE", cseq: 1, route: "" },
  },
  {
    name: "BYE with a cookie of another call",
    knows: ["tags"],
    as: "a",
    said: (call) => ({ method: "BYE", cseq: 104, route: routeWith(foreignDid(call)) }),
  },
  {
    name: "BYE with a guessed cookie",
    knows: ["tags"],
    as: "a",
    said: (call) => ({ method: "BYE", cseq: 104, route: routeWith(guessedDid(call)) }),
  },
  { name: "BYE with a malformed cookie", knows: ["tags"], as: "a", said: { method: "BYE", cseq: 104, route: routeWith("zz.zz") } },
  { name: "BYE with an empty cookie", knows: ["tags"], as: "a", said: { method: "BYE", cseq: 104, route: routeWith("") } },
  {
    name: "BYE with half a cookie",
    knows: ["tags"],
    as: "a",
    said: (call) => ({ method: "BYE", cseq: 104, route: routeWith(call.dialog.did.slice(0, -1)) }),
  },
  {
    name: "BYE with our Route without a cookie",
    knows: ["tags"],
    as: "a",
    said: { method: "BYE", cseq: 104, route: "<sip:10.0.0.1;lr;ftag=a>" },
  },
  {
    name: "BYE with a guess in a second Route of ours",
    knows: ["tags"],
    as: "a",
    said: (call) => ({ method: "BYE", cseq: 104, route: `<sip:10.0.0.1;lr>, ${routeWith(guessedDid(call))}` }),
  },
  {
    name: "BYE with a guess in our Request-URI",
    knows: ["tags"],
    as: "a",
    said: (call) => ({ method: "BYE", cseq: 104, route: "", uri: `sip:10.0.0.1;did=${guessedDid(call)}` }),
  },
  {
    name: "BYE with a guess in the user of our Request-URI",
    knows: ["tags"],
    as: "a",
    said: (call) => ({ method: "BYE", cseq: 104, route: "", uri: `sip:x.did.${guessedDid(call)}@10.0.0.1` }),
  },
  {
    name: "BYE whose Via claims the caller's address",
    knows: ["tags"],
    as: "a",
    said: { method: "BYE", cseq: 104, route: "", via: `Via: SIP/2.0/UDP ${A}:5060;branch=z9hG4bK-claim;received=${A};rport=5060` },
  },
  {
    name: "BYE that claims to have come through the caller",
    knows: ["tags"],
    as: "a",
    said: { method: "BYE", cseq: 104, route: "", headers: `Record-Route: <sip:${A};lr>` },
  },
  {
    name: "BYE to a target of its own, which will say yes",
    knows: ["tags"],
    as: "a",
    said: { method: "BYE", cseq: 104, route: "", uri: to(M) },
  },
  {
    name: "re-INVITE to a target of its own, which will say yes",
    knows: ["tags"],
    as: "a",
    said: { method: "INVITE", cseq: 104, route: "", uri: to(M), ...HIJACK },
  },
];

const SPOOFED: readonly Omit<Forgery, "number">[] = [
  { name: "BYE with an old number", knows: ["tags", "address"], as: "a", source: "a", said: { method: "BYE", cseq: 50, route: "" } },
  {
    name: "BYE with the number of an INFO",
    knows: ["tags", "address"],
    as: "a",
    source: "a",
    said: { method: "BYE", cseq: 103, route: "" },
  },
  {
    name: "BYE with a number far ahead",
    knows: ["tags", "address"],
    as: "a",
    source: "a",
    said: { method: "BYE", cseq: 2_000_000, route: "" },
  },
  {
    name: "INFO with the highest number there is, so that all others look old",
    knows: ["tags", "address"],
    as: "a",
    source: "a",
    said: { method: "INFO", cseq: 2 ** 31 - 1, route: "" },
  },
  {
    name: "ACK with a wrong number",
    knows: ["tags", "address"],
    stage: "answered",
    as: "a",
    source: "a",
    said: { method: "ACK", cseq: 101, route: "" },
  },
  {
    name: "re-INVITE with an old number that moves the caller",
    knows: ["tags", "address"],
    as: "a",
    source: "a",
    said: { method: "INVITE", cseq: 102, route: "", ...HIJACK },
  },
  {
    name: "BYE with wrong tags",
    knows: ["callId", "address"],
    as: "a",
    source: "a",
    said: { method: "BYE", cseq: 104, route: "", toTag: "x" },
  },
  {
    name: "the callee hangs up in the caller's name",
    knows: ["tags", "address"],
    as: "a",
    source: "b",
    said: { method: "BYE", cseq: 104, route: "" },
  },
  {
    name: "the caller hangs up in the callee's name",
    knows: ["tags", "address"],
    as: "b",
    source: "a",
    said: { method: "BYE", cseq: 8, route: "" },
  },
];

const REPLAYED: readonly Omit<Forgery, "number">[] = [
  { name: "the last INFO again", knows: ["capture"], as: "a", said: { method: "INFO", cseq: 103 } },
  { name: "the callee's INFO again", knows: ["capture"], as: "b", said: { method: "INFO", cseq: 7 } },
  { name: "the INVITE again, as a re-INVITE", knows: ["capture"], as: "a", said: { method: "INVITE", cseq: 102, ...HIJACK } },
  { name: "the ACK again", knows: ["capture"], as: "a", said: { method: "ACK", cseq: 102 } },
  { name: "the INFO's text as a BYE", knows: ["capture"], as: "a", said: { method: "BYE", cseq: 103 } },
  { name: "a BYE with an old number", knows: ["capture"], as: "b", said: { method: "BYE", cseq: 3 } },
];

const CHEATING: readonly Omit<Forgery, "number">[] = [
  {
    name: "the caller hangs up on a target of its own",
    knows: ["party"],
    as: "a",
    source: "a",
    said: { method: "BYE", cseq: 104, uri: to(M) },
    outcome: "arrives",
  },
  {
    name: "the caller hangs up on nobody",
    knows: ["party"],
    as: "a",
    source: "a",
    said: { method: "BYE", cseq: 104, uri: "sip:192.0.2.1:5060" },
    outcome: "arrives",
  },
  {
    name: "the caller's BYE makes a detour",
    knows: ["party"],
    as: "a",
    source: "a",
    said: (call) => ({ method: "BYE", cseq: 104, route: `${call.recordRoute}, <sip:${M};lr>` }),
    outcome: "arrives",
  },
  {
    name: "the callee hangs up on a target of its own",
    knows: ["party"],
    as: "b",
    source: "b",
    said: { method: "BYE", cseq: 8, uri: to(M) },
    outcome: "arrives",
  },
];

const parts = [...BLIND, ...STRANGER, ...SPOOFED, ...REPLAYED, ...CHEATING];

/** All of them, in the order of what is known. */
export const FORGERIES: readonly Forgery[] = parts.map((forgery, index) => ({ ...forgery, number: index + 1 }));
