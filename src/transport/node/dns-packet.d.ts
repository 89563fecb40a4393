// The part of dns-packet that the stub resolver uses; the package brings no types.
declare module "dns-packet" {
  export interface Question {
    readonly type: string;
    readonly name: string;
    readonly class?: string;
  }
  export interface Answer {
    readonly type: string;
    readonly name: string;
    readonly ttl?: number;
    readonly data?: unknown;
  }
  export interface DecodedPacket {
    readonly id: number;
    readonly type: "query" | "response";
    readonly rcode: string;
    readonly flag_tc: boolean;
    readonly questions: readonly Question[];
    readonly answers: readonly Answer[];
  }
  export interface PacketToEncode {
    readonly type: "query" | "response";
    readonly id: number;
    readonly flags?: number;
    readonly questions?: readonly Question[];
    readonly answers?: readonly Answer[];
    readonly additionals?: readonly object[];
  }
  export const RECURSION_DESIRED: number;
  export function encode(packet: PacketToEncode): Buffer;
  /** Throws on anything that is no DNS packet. */
  export function decode(bytes: Buffer): DecodedPacket;
}
