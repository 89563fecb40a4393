// How the rows of one dialog table look: its version, whose it is, and where each column stands.
import type { Dialect } from "../ports.ts";
import type { TableShape } from "../schema/index.ts";

/** Names for the 32 script flags: from version 12 on the column holds names parted by blanks. */
export interface FlagNaming {
  /** Whether names stand for flags at all; without them the numbers are the names. */
  readonly isUsed: boolean;
  namesOf(flags: number): string;
  /** Unknown names are left out. */
  flagsOf(names: string): number;
}

/** One table and what its rows look like. */
export interface RowForm {
  readonly dialect: Dialect;
  readonly table: TableShape;
  /** Our own column is there. */
  readonly hasOwn: boolean;
  /** Text columns that hold no more than so many characters. */
  readonly widths: ReadonlyMap<string, number>;
  readonly flagNaming: FlagNaming;
}

/** Where each column stands in a row: the order of `dialogTable`. */
export const At = {
  id: 0,
  callId: 1,
  fromUri: 2,
  fromTag: 3,
  toUri: 4,
  toTag: 5,
  mangledFromUri: 6,
  mangledToUri: 7,
  callerCseq: 8,
  calleeCseq: 9,
  callerPingCseq: 10,
  calleePingCseq: 11,
  callerRouteSet: 12,
  calleeRouteSet: 13,
  callerContact: 14,
  calleeContact: 15,
  callerSock: 16,
  calleeSock: 17,
  state: 18,
  startTime: 19,
  timeout: 20,
  vars: 21,
  profiles: 22,
  scriptFlags: 23,
  moduleFlags: 24,
  flags: 25,
  onAnswer: 26,
  onTimeout: 27,
  onHangup: 28,
  own: 29,
} as const;

/** By these columns a change of somebody else shows, besides `flags`. */
export const TELLING: readonly number[] = Object.freeze([
  At.state,
  At.timeout,
  At.callerCseq,
  At.calleeCseq,
  At.callerPingCseq,
  At.calleePingCseq,
  At.callerContact,
  At.calleeContact,
]);

/** What an UPDATE changes (12.4): everything else of a row stays as it was when the call was answered. */
export const CHANGING: readonly number[] = Object.freeze([...TELLING, At.flags]);

/** The columns of variables, profiles and script flags (12.5). */
export const VALUE_COLUMNS: readonly number[] = Object.freeze([At.vars, At.profiles, At.scriptFlags, At.moduleFlags]);

/** Names of columns by their places. */
export function columnNames(form: RowForm, places?: readonly number[]): readonly string[] {
  const { columns } = form.table;
  const all = form.hasOwn ? columns : columns.filter((one) => !one.isOwn);
  if (places === undefined) return all.map((one) => one.name);
  return places.flatMap((place) => columns[place]?.name ?? []);
}

/** Flags by their numbers: what a table means where no script has named any. */
export const numberedFlags: FlagNaming = Object.freeze({
  isUsed: false,
  namesOf: (flags: number): string => {
    const names: number[] = [];
    for (let i = 0; i < 32; i++) if (((flags >>> i) & 1) === 1) names.push(i);
    return names.join(" ");
  },
  flagsOf: (names: string): number => {
    let flags = 0;
    for (const name of names.split(" ")) {
      const index = Number(name);
      if (name !== "" && Number.isInteger(index) && index >= 0 && index < 32) flags |= 1 << index;
    }
    return flags >>> 0;
  },
});
