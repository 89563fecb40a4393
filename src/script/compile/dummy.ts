// The message on which routes run that no message started: startup, timers, events, dialog routes, launched jobs.
import { invariant } from "../../kit/index.ts";
import { parseMessage, SipRequest } from "../../sip/index.ts";

const TEXT = [
  "DUMMY sip:user@dummy.com SIP/2.0",
  "Via: SIP/2.0/UDP 127.0.0.1",
  "From: <sip:from@dummy.com>;tag=1",
  "To: <sip:to@dummy.com>",
  "Call-ID: dummy-1",
  "CSeq: 1 DUMMY",
  "Content-Length: 0",
  "",
  "",
].join("\r\n");

/** A fresh one: `$rm` DUMMY, `$ru` sip:user@dummy.com, `$fu` sip:from@dummy.com, `$ci` dummy-1, no User-Agent. */
export function dummyRequest(): SipRequest {
  const parsed = parseMessage(TEXT);
  invariant(parsed.ok && parsed.value instanceof SipRequest, "the dummy request parses");
  return parsed.value;
}
