// What `track()` asks for in the words of routes, as flags of the dialog.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DialogOption } from "../dialog/index.ts";
import { dialogOptions, type TrackOptions } from "./call.ts";

test("pings of both sides, or of each in its own way; auto-prack", () => {
  const { optionsPingCaller: P, optionsPingCallee: p, reinvitePingCaller: R, reinvitePingCallee: r, autoPrack } = DialogOption;
  const cases: readonly (readonly [TrackOptions, number])[] = [
    [{}, 0],
    [{ ping: "options" }, P | p],
    [{ ping: "reinvite" }, R | r],
    [{ ping: { caller: "options", callee: "reinvite" } }, P | r],
    [{ ping: { callee: "options" }, byeOnExpiry: true }, p | DialogOption.byeOnTimeout],
    [{ autoPrack: true, ping: {} }, autoPrack],
  ];
  for (const [given, options] of cases) assert.equal(dialogOptions(given), options, JSON.stringify(given));
});
