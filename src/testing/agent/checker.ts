// The strict reader at both ends of a call: whatever a proxy passes on must be what a careful user agent would accept.
// Sections of RFC 3261 unless another document is named.
import type { Ms } from "../../kit/index.ts";
import { H, type SipMessage, type SipRequest, type SipResponse } from "../../sip/index.ts";

/** One broken rule, with the call it was seen in. */
export interface Violation {
  readonly callId: string;
  readonly rule: string;
  readonly text: string;
}

/** What one end knows about the other when it checks an in-dialog request. */
export interface Expected {
  readonly localTag: string;
  readonly remoteTag: string;
  /** CSeq number of the last request of the other side; −1 before the first. */
  readonly remoteCseq: number;
  /** Our Contact, which a remote target must equal. */
  readonly contact: string;
  /** Where the request arrived. */
  readonly at: string;
}

/** Collects broken rules; nothing stops, the test decides at the end. */
export class Checker {
  readonly violations: Violation[] = [];
  readonly #proxies: number;
  /** Whether a request left the proxy before one with a higher number and was overtaken on its way: that is the network's doing. */
  isOvertaken: (request: SipRequest, at: string) => boolean = () => false;
  /** Whether a request comes from somebody who belongs to no call: an ACK is passed over, anything else refused. */
  isForeign: (request: SipRequest) => boolean = () => false;
  /** Whether the network may lose or delay the reply that makes a dialog, so that a request in it comes first. */
  mayLoseReplies: () => boolean = () => false;
  /** Whether the two ends of a call are hidden from each other: nothing of the way shows. */
  isHidden: (message: SipMessage) => boolean = () => false;
  /** Whether a request of the proxy's own may bring a new session description. */
  mayRenegotiate: (message: SipMessage) => boolean = () => false;
  /** Whether the last copy of a request of the proxy's own left it before an instant: whatever happened then, the proxy could not know. */
  hasLeftBefore: (message: SipMessage, at: Ms) => boolean = () => false;
  /** Checks made, so that a test can see that it was not asleep. */
  checks = 0;

  /** @param proxies - how many proxies stand between the two ends */
  constructor(proxies = 1) {
    this.#proxies = proxies;
  }

  report(message: SipMessage, rule: string, text: string): void {
    this.violations.push({ callId: message.callId, rule, text });
  }

  expect(holds: boolean, message: SipMessage, rule: string, text: () => string): boolean {
    this.checks++;
    if (!holds) this.report(message, rule, text());
    return holds;
  }

  /** Whether a request was made by a proxy itself: what is relayed has made a hop. */
  isOwn(request: SipRequest): boolean {
    return this.#proxies > 0 && request.maxForwards === 70;
  }

  /** A request that begins a call, as the callee sees it behind a proxy. */
  initialInvite(request: SipRequest, isRecordRouted: boolean): void {
    this.expect(request.toTag === "", request, "8.1.1.2", () => `a To tag ${request.toTag} on an initial INVITE`);
    this.#forwarded(request);
    if (this.isHidden(request)) this.expect(!request.has(H.RecordRoute), request, "16.6 (4)", () => "a Record-Route");
    else if (isRecordRouted) this.expect(request.has(H.RecordRoute), request, "16.6 (4)", () => "no Record-Route");
  }

  /** A request inside a dialog (12.2.2); retransmissions never come here. */
  sequential(request: SipRequest, expected: Expected): void {
    this.expect(request.toTag === expected.localTag, request, "12.2.1.1", () => `To tag ${request.toTag} is not ${expected.localTag}`);
    this.expect(
      request.fromTag === expected.remoteTag,
      request,
      "12.2.1.1",
      () => `From tag ${request.fromTag} is not ${expected.remoteTag}`,
    );
    if (request.method !== "ACK") {
      this.expect(
        request.cseqNumber > expected.remoteCseq || this.isOvertaken(request, expected.at),
        request,
        "12.2.1.1",
        () => `CSeq ${request.cseqNumber} ${request.method} after ${expected.remoteCseq}`,
      );
    }
    this.expect(
      request.requestUri === expected.contact,
      request,
      "12.2.1.1",
      () => `request URI ${request.requestUri} is not the remote target ${expected.contact}`,
    );
    this.#forwarded(request);
  }

  /** An ACK to a 2xx carries the CSeq number of its INVITE (13.2.2.4). */
  endAck(ack: SipRequest, inviteCseq: number): void {
    this.expect(ack.cseqNumber === inviteCseq, ack, "13.2.2.4", () => `ACK with CSeq ${ack.cseqNumber} for INVITE ${inviteCseq}`);
  }

  /** An ACK to a refusal has the tag of the refusal and one Via (17.1.1.3). */
  hopAck(ack: SipRequest, invite: SipRequest, toTag: string): void {
    this.expect(ack.toTag === toTag, ack, "17.1.1.3", () => `To tag ${ack.toTag} is not ${toTag}`);
    this.expect(ack.cseqNumber === invite.cseqNumber, ack, "17.1.1.3", () => `CSeq ${ack.cseqNumber}, not ${invite.cseqNumber}`);
    this.expect(ack.requestUri === invite.requestUri, ack, "17.1.1.3", () => `request URI ${ack.requestUri}, not ${invite.requestUri}`);
    this.expect(ack.values(H.Via).length === 1, ack, "17.1.1.3", () => "more than one Via");
  }

  /** A CANCEL equals its INVITE in everything that identifies it (9.1). */
  cancel(cancel: SipRequest, invite: SipRequest): void {
    this.expect(cancel.cseqNumber === invite.cseqNumber, cancel, "9.1", () => `CSeq ${cancel.cseqNumber}, not ${invite.cseqNumber}`);
    this.expect(cancel.requestUri === invite.requestUri, cancel, "9.1", () => `request URI ${cancel.requestUri}`);
    this.expect(cancel.toTag === "", cancel, "9.1", () => "a To tag");
    this.expect(cancel.values(H.Via).length === 1, cancel, "9.1", () => "more than one Via");
  }

  /** A response to a request of ours (8.1.3.3, 8.2.6.2). */
  response(response: SipResponse, sent: SipRequest): void {
    this.expect(response.values(H.Via).length === 1, response, "8.1.3.3", () => `${response.values(H.Via).length} Via values`);
    this.expect(response.callId === sent.callId, response, "8.2.6.2", () => "another Call-ID");
    this.expect(
      response.cseqNumber === sent.cseqNumber,
      response,
      "8.2.6.2",
      () => `CSeq ${response.cseqNumber} answers ${sent.cseqNumber} ${sent.method}`,
    );
    this.expect(response.fromTag === sent.fromTag, response, "8.2.6.2", () => `From tag ${response.fromTag}`);
    if (response.status > 100) this.expect(response.toTag !== "", response, "8.2.6.2", () => `no To tag on ${response.status}`);
    if (sent.toTag !== "") {
      this.expect(response.toTag === sent.toTag, response, "8.2.6.2", () => `To tag ${response.toTag} is not ${sent.toTag}`);
    }
    this.#body(response);
  }

  /** What arrives again under the same branch must be the same bytes. */
  retransmission(again: SipRequest, first: SipRequest): void {
    this.expect(again.text === first.text, again, "17.1.1.2", () => `a changed retransmission of ${first.method}`);
  }

  #forwarded(request: SipRequest): void {
    this.expect(!request.has(H.Route), request, "16.4", () => `a Route is left: ${request.header(H.Route)}`);
    this.#body(request);
    const vias = request.values(H.Via).length;
    const isHidden = this.isHidden(request);
    // what a proxy sends by itself within a call has come no way yet
    if (vias === 1 && this.#proxies > 0 && request.toTag !== "" && (!isHidden || this.isOwn(request))) {
      if (request.method !== "BYE" && request.method !== "ACK")
        this.expect(request.maxForwards === 70, request, "8.1.1.6", () => `Max-Forwards ${request.maxForwards} of a request of the proxy`);
      return;
    }
    this.expect(
      request.maxForwards >= 0 && request.maxForwards <= 70 - this.#proxies,
      request,
      "16.6 (3)",
      () => `Max-Forwards ${request.maxForwards} after ${this.#proxies} proxies`,
    );
    this.expect(vias === (isHidden ? 1 : 1 + this.#proxies), request, "16.6 (8)", () => `${vias} Via values`);
  }

  #body(message: SipMessage): void {
    const length = message.header(H.ContentLength);
    if (length === undefined) return;
    this.expect(Number(length) === message.body.length, message, "20.14", () => `Content-Length ${length}, body ${message.body.length}`);
  }
}
