// Bad input never stalls: 64 KiB of the worst shapes we know of, read to the last lazy view, in under 20 ms (S-05).

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  bodyParts,
  buildReply,
  edit,
  fixContacts,
  H,
  Limits,
  natSigns,
  parseMessage,
  parseNameAddr,
  parseUri,
  parseVia,
  scanHead,
  sdpStreams,
  splitList,
  unfold,
  uriEquals,
  withoutCodecs,
  withSdpAddress,
} from "./index.ts";

const SIZE = 65_000;
const fill = (unit: string, size = SIZE): string => unit.repeat(Math.floor(size / unit.length));
const START = "OPTIONS sip:a@b SIP/2.0\r\n";
const REST = "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nf: <sip:a@b>;tag=1\r\nt: <sip:b@c>\r\ni: x\r\nCSeq: 1 OPTIONS\r\n";
const END = "\r\n\r\n";

const SHAPES: readonly (readonly [what: string, text: string])[] = [
  ["empty lines", fill("\r\n")],
  ["spaces", START + fill(" ")],
  ["short lines without colons, then one colon", `${START + REST + fill("a\n")}a: b${END}`],
  ["short header lines", `${START}${fill("a:\r\n")}${REST}${END}`],
  ["folds without end", `${START}X:${fill("\r\n ")}${END}${REST}`],
  ["a folded Via", `${START}Via: SIP/2.0/UDP h${fill("\r\n ;x")}\r\n${REST}${END}`],
  ["Vias on lines", `${START}${REST}${fill("v:SIP/2.0/UDP h\r\n")}${END}`],
  ["Vias in one line", `${START}Via: ${fill("SIP/2.0/UDP h,")}SIP/2.0/UDP h\r\n${REST}${END}`],
  ["Via commas", `${START}Via: SIP/2.0/UDP h${fill(",")}\r\n${REST}${END}`],
  ["Via parameters", `${START}Via: SIP/2.0/UDP h${fill(";a")}\r\n${REST}${END}`],
  ["open quotes in a Via", `${START}Via: SIP/2.0/UDP h${fill(';a="')}\r\n${REST}${END}`],
  ["brackets in a Route", `${START}${REST}Route: ${fill("<")}${END}`],
  ["brackets and commas in Routes", `${START}${REST}${fill("Route: <,\r\n")}${END}`],
  ["backslashes", `${START}${REST}X: "${fill("\\")}${END}`],
  ["quotes in From", `${START}From: ${fill('"')}<sip:a@b>\r\n${REST}${END}`],
  ["parameters of To", `${START}To: <sip:a@b>${fill(";a=b")}\r\n${REST}${END}`],
  ["tags of To", `${START}To: <sip:a@b>${fill(";tag")}\r\n${REST}${END}`],
  ["a display name of words", `${START}To: ${fill("a ")}<sip:a@b>\r\n${REST}${END}`],
  ["a Request-URI of colons", `OPTIONS sip:${fill(":")}@b SIP/2.0\r\n${REST}${END}`],
  ["a Request-URI of semicolons", `OPTIONS sip:a@b${fill(";")} SIP/2.0\r\n${REST}${END}`],
  ["a method", `${fill("A")} sip:a@b SIP/2.0\r\n${REST}${END}`],
  ["digits of CSeq", `${START}CSeq: ${fill("9")} OPTIONS\r\n${REST}${END}`],
  ["zeros of Content-Length", `${START}${REST}l: ${fill("0")}1${END}`],
  ["Content-Lengths", `${START}${REST}${fill("l:0\r\n")}${END}`],
  ["Contacts in one line", `${START}${REST}Contact: ${fill("<sip:a@b>,")}${END}`],
  ["URIs without @", `${START}${REST}Contact: ${fill("sip:a,")}${END}`],
  ["a status line", `SIP/2.0 200 ${fill("x ")}\r\n${REST}${END}`],
  ["a body of line ends", `${START}${REST}\r\n${fill("\r\n")}`],
];

// Limits wide open: the scanners themselves must be linear, not only be protected.
const WIDE = new Limits({
  startLine: SIZE,
  headerField: SIZE * 2,
  headerFields: 100_000,
  viaValues: 100_000,
  routeValues: 100_000,
  message: 200_000,
  callId: SIZE,
  tag: SIZE,
});

function readAll(text: string): void {
  for (const limits of [undefined, WIDE]) {
    const parsed = parseMessage(text, limits === undefined ? {} : { limits });
    if (!parsed.ok) {
      if (parsed.fault.headers !== undefined) buildReply(parsed.fault.headers, { status: 400, toTag: "t", ip: "192.0.2.1", port: 1 });
      continue;
    }
    const message = parsed.value;
    for (const id of [H.Via, H.Route, H.Contact, H.ContentLength]) {
      message.values(id);
      message.nameAddrs(id);
    }
    message.header("X-Absent");
    const change = edit(message).stampReceived("192.0.2.1", 1, true).removeTopVia().remove(H.Contact).setBody("x").append("a", "b");
    change.serialise({ contentLength: true });
  }
  scanHead(text, 0);
}

/** Milliseconds of this thread's own work, the best of a few: what is measured is the algorithm, not what else the machine does. */
function timed(run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 8 && best > 5; i++) {
    const start = process.threadCpuUsage();
    run();
    const { user, system } = process.threadCpuUsage(start);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

describe("64 KiB in under 20 ms", () => {
  for (const [what, text] of SHAPES) {
    test(what, () => {
      const took = timed(() => readAll(text));
      assert.ok(took < 20, `${took.toFixed(1)} ms`);
    });
  }
  const PIECES: readonly (readonly [what: string, run: (text: string) => void])[] = [
    ["parseUri", parseUri],
    ["parseVia", parseVia],
    ["parseNameAddr", parseNameAddr],
    ["splitList", splitList],
    ["unfold", unfold],
  ];
  for (const [what, run] of PIECES) {
    test(`${what} of any filling`, () => {
      for (const unit of [
        "<",
        ">",
        '"',
        '\\"',
        ";",
        ",",
        ":",
        "@",
        "[",
        "sip:",
        "a",
        " ",
        "\r\n ",
        "%",
        "=",
        ";a=",
        '"a",',
        "<a>,",
        "1.",
        "::",
      ]) {
        for (const before of ["", "sip:", "sip:a@", "sip:a@[", "<sip:a@b>", "SIP/2.0/UDP h", '"']) {
          const took = timed(() => run(before + fill(unit)));
          assert.ok(took < 20, `${before}${unit}: ${took.toFixed(1)} ms`);
        }
      }
    });
  }
  const BODIES: readonly (readonly [what: string, run: (text: string) => void])[] = [
    ["bodyParts", (text) => bodyParts("multipart/mixed;boundary=a", text)],
    ["sdpStreams", sdpStreams],
    ["withoutCodecs", (text) => withoutCodecs(text, () => true)],
    ["withSdpAddress", (text) => withSdpAddress(text, { ip: "192.0.2.1", media: true, origin: true, keepMedia: true, keepOrigin: true })],
  ];
  for (const [what, run] of BODIES) {
    test(`${what} of any filling`, () => {
      for (const unit of [
        "--a\n",
        "--a\r\n\r\n",
        "--a",
        "-",
        "\n",
        "A:",
        " ",
        "1 ",
        "m=a 1 RTP/AVP 0\n",
        "a=rtpmap:1 x/1\n",
        "c=IN IP4 10.0.0.1\n",
        "a=sendonly\n",
        "=",
      ]) {
        for (const before of ["", "--a\n", "v=0\nm=a 1 RTP/AVP ", "c="]) {
          const took = timed(() => run(before + fill(unit)));
          assert.ok(took < 40, `${before}${unit}: ${took.toFixed(1)} ms`);
        }
      }
    });
  }
  for (const [name, unit] of [
    ["Supported", "a,"],
    ["Supported", "a,b,"],
    ["Contact", "sip:a@b,"],
    ["Contact", ","],
  ] as const) {
    test(`changing a list of ${unit}`, () => {
      const line = `${name}: ${fill(unit, 16_000)}\r\n`;
      const parsed = parseMessage(START + REST + line + line + line + END.slice(2));
      assert.ok(parsed.ok);
      const took = timed(() => {
        const change = edit(parsed.value);
        change.addListed(name, "a");
        change.setValue(parsed.value.headerIndex(name), 3, "c");
        change.removeListed(name, "a");
        change.removeListed(name, "b");
        fixContacts(change, { ip: "192.0.2.1", port: 1 });
        natSigns(parsed.value, { ip: "192.0.2.1", port: 1 }, 255);
        change.serialise();
      });
      assert.ok(took < 40, `${took.toFixed(1)} ms`);
    });
  }
  test("comparing URIs with as many parameters and headers as may be", () => {
    const a = parseUri(`sip:a@b${Array.from({ length: 60 }, (_, i) => `;p%61${i}=%62${i}`).join("")}?${fill("%61=%62&", 2500)}x=y`);
    const b = parseUri(
      `sip:a@b${Array.from({ length: 60 }, (_, i) => `;P%41${59 - i}=%42${59 - i}`).join("")}?${fill("%41=%62&", 2500)}x=y`,
    );
    assert.ok(a.ok && b.ok);
    const took = timed(() => uriEquals(a.value, b.value));
    assert.ok(took < 20, `${took.toFixed(1)} ms`);
  });
});
