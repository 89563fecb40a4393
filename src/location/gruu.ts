// GRUUs (RFC 5627): URIs that reach one instance of a user. A public one names the instance; a temporary one hides everything in its user
// part, made unreadable with a secret as the reference does it: obscured, not encrypted.
import { bytesOf, latin1 } from "../kit/index.ts";
import type { SipUri } from "../sip/index.ts";

const PREFIX = "tgruu.";

/** What a GRUU stands for. */
export interface GruuTarget {
  /** Key of the address of record; undefined for a public GRUU, whose user part says it. */
  readonly aor: string | undefined;
  /** With brackets. */
  readonly instance: string;
  /** A temporary one is good only as long as the registration that made it. */
  readonly callId: string | undefined;
}

/** `sip:user@host;gr=urn:…`. */
export function publicGruu(aor: string, host: string, instance: string): string {
  return `sip:${withHost(aor, host)};gr=${bare(instance)}`;
}

/** `sip:tgruu.…@host;gr`. */
export function temporaryGruu(aor: string, host: string, instance: string, callId: string, time: number, secret: string): string {
  const text = `${time} ${aor} ${bare(instance)} ${callId}`;
  return `sip:${PREFIX}${masked(bytesOf(text), secret).toString("base64")}@${hostOf(aor, host)};gr`;
}

/** What a URI with `gr` stands for; undefined when it is no GRUU, or none of ours. */
export function readGruu(uri: SipUri, secret: string): GruuTarget | undefined {
  const gr = uri.param("gr");
  if (gr === undefined) return undefined;
  if (gr !== "") return { aor: undefined, instance: `<${gr}>`, callId: undefined };
  const user = uri.user ?? "";
  if (!user.startsWith(PREFIX)) return undefined;
  const text = latin1(masked(Buffer.from(user.slice(PREFIX.length), "base64"), secret));
  const [time, aor, instance, callId, rest] = text.split(" ", 5);
  if (time === undefined || aor === undefined || instance === undefined || callId === undefined || rest !== undefined) return undefined;
  return { aor, instance: `<${instance}>`, callId };
}

/** XOR with the secret, over and over; its own inverse. Changes the bytes in place. */
function masked(bytes: Buffer, secret: string): Buffer {
  const key = bytesOf(secret);
  if (key.length === 0) return bytes;
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ (key[i % key.length] ?? 0);
  return bytes;
}

/** Without its brackets. */
function bare(instance: string): string {
  return instance.startsWith("<") && instance.endsWith(">") ? instance.slice(1, -1) : instance;
}

function withHost(aor: string, host: string): string {
  return aor.includes("@") ? aor : `${aor}@${host}`;
}

function hostOf(aor: string, host: string): string {
  const at = aor.lastIndexOf("@");
  return at < 0 ? host : aor.slice(at + 1);
}
