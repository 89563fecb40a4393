// Methods as bits: what a binding supports, in the numbers that the location table stores.
import type { SipRequest } from "../sip/index.ts";
import { H, splitList } from "../sip/index.ts";

const BITS: ReadonlyMap<string, number> = new Map([
  ["INVITE", 1],
  ["CANCEL", 2],
  ["ACK", 4],
  ["BYE", 8],
  ["INFO", 16],
  ["OPTIONS", 32],
  ["UPDATE", 64],
  ["REGISTER", 128],
  ["MESSAGE", 256],
  ["SUBSCRIBE", 512],
  ["NOTIFY", 1024],
  ["PRACK", 2048],
  ["REFER", 4096],
  ["PUBLISH", 8192],
]);

/** Any method without a bit of its own. */
const OTHER = 16_384;

/** Every method: what a binding supports that says nothing about it. */
export const ALL_METHODS = 0xffff_ffff;

/** The bit of a method. */
export function methodBit(method: string): number {
  return BITS.get(method) ?? OTHER;
}

/** The bits of a list of methods, as the Contact parameter `methods` and the header Allow hold it. */
export function methodBits(list: readonly string[]): number {
  let bits = 0;
  for (const method of list) bits |= methodBit(method.toUpperCase());
  return bits >>> 0;
}

/** What a request's sender supports: its Allow, else everything. */
export function allowedMethods(request: SipRequest): number {
  return request.has(H.Allow) ? methodBits(request.values(H.Allow)) : ALL_METHODS;
}

/** The value of a `methods` parameter. */
export function methodsParam(value: string): number {
  return methodBits(splitList(value));
}

/** Whether a set of bits holds a method. */
export function supports(bits: number, method: string): boolean {
  return (bits & methodBit(method)) !== 0;
}
