// A name server's packet as an answer: checked against what was asked, CNAMEs followed, the smallest time to live kept.
import type { Answer, DecodedPacket } from "dns-packet";
import { canonicalIp } from "../address.ts";
import type { DnsAnswer, DnsType, NaptrRecord, SrvRecord } from "../ports.ts";

const MAX_CHAIN = 16;
const MAX_RECORDS = 64;

/** Whether a packet answers this question; anything else on the socket is somebody's guess (S-19). */
export function answers(packet: DecodedPacket, id: number, name: string, type: DnsType): boolean {
  const [question] = packet.questions;
  return (
    packet.type === "response" &&
    packet.id === id &&
    packet.questions.length === 1 &&
    question !== undefined &&
    question.type === type &&
    sameName(question.name, name)
  );
}

/**
 * Reads the answer to a question.
 * @returns undefined when this server could not answer and another may (SERVFAIL, REFUSED, …)
 */
export function readAnswer(packet: DecodedPacket, name: string, type: DnsType): DnsAnswer | undefined {
  if (packet.rcode === "NXDOMAIN") return { kind: "nothing" };
  if (packet.rcode !== "NOERROR") return undefined;
  let owner = name;
  let ttl = Number.POSITIVE_INFINITY;
  for (let hop = 0; hop < MAX_CHAIN; hop++) {
    const alias = packet.answers.find((one) => one.type === "CNAME" && sameName(one.name, owner));
    if (alias === undefined || typeof alias.data !== "string") break;
    owner = alias.data;
    ttl = Math.min(ttl, alias.ttl ?? 0);
  }
  const found = packet.answers.filter((one) => one.type === type && sameName(one.name, owner)).slice(0, MAX_RECORDS);
  for (const one of found) ttl = Math.min(ttl, one.ttl ?? 0);
  if (found.length === 0) return { kind: "nothing" };
  if (type === "SRV") return { kind: "srv", records: keepKnown(found, srvOf), ttl };
  if (type === "NAPTR") return { kind: "naptr", records: keepKnown(found, naptrOf), ttl };
  return {
    kind: "addresses",
    addresses: keepKnown(found, (one) => (typeof one.data === "string" ? canonicalIp(one.data) : undefined)),
    ttl,
  };
}

function keepKnown<T>(found: readonly Answer[], read: (one: Answer) => T | undefined): T[] {
  const known: T[] = [];
  for (const one of found) {
    const value = read(one);
    if (value !== undefined) known.push(value);
  }
  return known;
}

function srvOf(one: Answer): SrvRecord | undefined {
  const data = record(one.data);
  const target = text(data.get("target"));
  const port = data.get("port");
  if (target === undefined || typeof port !== "number") return undefined;
  return { priority: number(data.get("priority")), weight: number(data.get("weight")), port, target };
}

function naptrOf(one: Answer): NaptrRecord | undefined {
  const data = record(one.data);
  const replacement = text(data.get("replacement"));
  const service = text(data.get("services"));
  if (replacement === undefined || service === undefined) return undefined;
  return {
    order: number(data.get("order")),
    preference: number(data.get("preference")),
    flags: text(data.get("flags")) ?? "",
    service,
    regexp: text(data.get("regexp")) ?? "",
    replacement,
  };
}

function record(data: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof data === "object" && data !== null ? Object.entries(data) : []);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : Buffer.isBuffer(value) ? value.toString("latin1") : undefined;
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function sameName(a: string, b: string): boolean {
  const x = a.endsWith(".") ? a.slice(0, -1) : a;
  const y = b.endsWith(".") ? b.slice(0, -1) : b;
  return x.toLowerCase() === y.toLowerCase();
}
