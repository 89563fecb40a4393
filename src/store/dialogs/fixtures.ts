// One ordinary call as data, for the tests of this room: Alice's, as OpenSIPS has written it down (spec captures).
import type { CountSnapshot, DialogSnapshot, LegSnapshot } from "../../dialog/index.ts";

export const SDP =
  "v=0\r\no=ua 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

/** The row of the dialog table that OpenSIPS made of it, version 11, in the order of the columns. */
export const CAPTURED: readonly (string | number | bigint | null)[] = [
  16012857917670n,
  "35b8519118@127.0.0.1",
  "sip:alice@127.0.0.1",
  "2de8ac91",
  "sip:bob@127.0.0.1:5081",
  "389ec693",
  null,
  null,
  "0",
  "1",
  0,
  0,
  null,
  null,
  "sip:alice@127.0.0.1:5071",
  "sip:bob@127.0.0.1:5081",
  "udp:127.0.0.1:5060",
  "udp:127.0.0.1:5060",
  4,
  1795456350,
  1795499550,
  `cct#|ucSDP#${SDP}|Cct#|uCSDP#${SDP}|account#pre\\#paid\\|x;y|caller#sip:alice@127.0.0.1|`,
  "caller#alice|inbound#|",
  8,
  0,
  24592,
  "answered",
  "tmo",
  "hung",
];

const NUMBERS: CountSnapshot = { cseq: 0, previousCseq: -1, generatedCseq: 0, wireCseq: 0, lastMethod: "", rewritten: [] };

const LEG: LegSnapshot = {
  ...NUMBERS,
  tag: "2de8ac91",
  branch: -1,
  inviteCseq: 1,
  remoteTarget: "sip:alice@127.0.0.1:5071",
  previousTarget: "",
  sourceIp: "127.0.0.1",
  routeSet: [],
  socket: "udp:127.0.0.1:5060",
  receivedSdp: SDP,
  sentSdp: "",
  advertisedContact: "",
  fromUri: undefined,
  toUri: undefined,
  recordRoutes: 0,
  upstream: undefined,
};

/** The same call here. */
export const ALICES: DialogSnapshot = {
  entry: 3728,
  id: 1219838182,
  callId: "35b8519118@127.0.0.1",
  fromUri: "sip:alice@127.0.0.1",
  toUri: "sip:bob@127.0.0.1:5081",
  state: "confirmed",
  winner: 1,
  options: 0,
  hasBye: false,
  wasCancelled: false,
  isRaced: false,
  isEnding: false,
  endReason: undefined,
  createdAt: 1795456349_900,
  startAt: 1795456350_125,
  lifetimeMs: 43_200_000,
  expiresAt: 1795499550_125,
  ackBy: 0,
  byesWait: false,
  byeHeaders: "",
  flags: 8,
  moduleFlags: 0,
  sharingTag: undefined,
  initialCseq: 1,
  countsFor: 1,
  agreements: 1,
  routes: { answer: "answered", timeout: "tmo", hangup: "hung" },
  values: [
    { name: "account", value: "pre#paid|x;y", isInteger: false },
    { name: "caller", value: "sip:alice@127.0.0.1", isInteger: false },
  ],
  links: [
    { profile: "caller", value: "alice", tag: undefined },
    { profile: "inbound", value: "", tag: undefined },
  ],
  legs: [
    LEG,
    {
      ...LEG,
      tag: "389ec693",
      branch: 0,
      cseq: 1,
      wireCseq: 1,
      lastMethod: "INVITE",
      inviteCseq: -1,
      remoteTarget: "sip:bob@127.0.0.1:5081",
      recordRoutes: 1,
    },
  ],
};
