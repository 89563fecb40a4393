// SIPp files of phones, written from what a phone does: so that examples need no folder of files that differ in three lines.

/** How a phone that calls goes about it. */
export interface CallerStory {
  readonly from: string;
  readonly to: string;
  /** The final answer that must come. */
  readonly status: number;
  /** How long it talks before it hangs up; left out, the other side does. */
  readonly talkMs?: number;
  /** Host and port in Via and Contact, where they are not the true ones: behind a NAT. */
  readonly shown?: string;
}

/** How a phone that is called goes about it. */
export interface CalleeStory {
  /** Its final answer; none at all when left out. */
  readonly status?: number;
  /** Whether it rings before. Default true. */
  readonly rings?: boolean;
  /** It lets it ring until the call is taken away from it. */
  readonly isCancelled?: boolean;
  /** How long it talks before it hangs up; left out, the other side does. */
  readonly talkMs?: number;
  /** A header that the INVITE must have, and what must stand in it. */
  readonly wants?: { readonly header: string; readonly text: string };
}

/** A REGISTER that must be answered with 200. */
export interface RegisterStory {
  readonly user: string;
  /** 0 to go away again. */
  readonly expires: number;
  /** Host and port in Via and Contact, where they are not the true ones: behind a NAT. */
  readonly shown?: string;
}

const HERE = "[local_ip]:[local_port]";
const PROXY = "[remote_ip]:[remote_port]";
const OPTIONAL = 'optional="true"';
const KEEPS_ROUTES = 'rrs="true"';
const NO_BODY = "Content-Length: 0";

/** A phone that registers. */
export function registering({ user, expires, shown = HERE }: RegisterStory): string {
  // without rport: the proxy must know by itself that the answer will not arrive where the Via says
  const request = `
    REGISTER sip:${PROXY} SIP/2.0
    Via: SIP/2.0/UDP ${shown};branch=z9hG4bKreg[call_number]x[pid]
    From: <sip:${user}@${PROXY}>;tag=a[call_number]x[pid]
    To: <sip:${user}@${PROXY}>
    Call-ID: [call_id]
    CSeq: 1 REGISTER
    Max-Forwards: 70
    Contact: <sip:${user}@${shown}>
    Expires: ${expires}
    ${NO_BODY}`;
  return file(send(request, true), receive("response", 200));
}

/** A phone that calls. */
export function calling({ from, to, status, talkMs, shown }: CallerStory): string {
  const target = `sip:${to}@${PROXY}`;
  const invite = { from, shown, to: `<${target}>`, uri: target, branch: "z9hG4bKinv[call_number]x[pid]", number: 1 };
  const within = { ...invite, to: `<${target}>[peer_tag_param]`, uri: "[next_url]", branch: "[branch]", isWithin: true };
  const steps = [
    send(callerRequest({ ...invite, method: "INVITE", rest: description(from) }), true),
    receive("response", 100, OPTIONAL),
    receive("response", 180, OPTIONAL),
    receive("response", status, status < 300 ? KEEPS_ROUTES : ""),
  ];
  if (status >= 300) steps.push(send(callerRequest({ ...invite, to: within.to, method: "ACK" })));
  else {
    steps.push(send(callerRequest({ ...within, method: "ACK" })));
    if (talkMs === undefined) steps.push(receive("request", "BYE"), send(answer("200 OK")));
    else steps.push(pause(talkMs), send(callerRequest({ ...within, method: "BYE", number: 2 }), true), receive("response", 200));
  }
  return file(...steps);
}

interface CallerRequest {
  readonly method: string;
  readonly uri: string;
  readonly branch: string;
  readonly from: string;
  readonly shown: string | undefined;
  readonly to: string;
  readonly number: number;
  /** It takes the route of the call. */
  readonly isWithin?: boolean;
  readonly rest?: string;
}

function callerRequest({ method, uri, branch, from, shown, to, number, isWithin = false, rest = NO_BODY }: CallerRequest): string {
  // a phone that does not know of its NAT does not ask for rport either
  const via = shown === undefined ? `${HERE};rport` : shown;
  return `
    ${method} ${uri} SIP/2.0
    Via: SIP/2.0/UDP ${via};branch=${branch}${isWithin ? "\n    [routes]" : ""}
    From: <sip:${from}@${PROXY}>;tag=a[call_number]x[pid]
    To: ${to}
    Call-ID: [call_id]
    CSeq: ${number} ${method}
    Max-Forwards: 70
    Contact: <sip:${from}@${shown ?? HERE}>
    ${rest}`;
}

/** A phone that is called. */
export function called({ status, rings = true, isCancelled = false, talkMs, wants }: CalleeStory): string {
  const steps = [invited(wants)];
  if (rings) steps.push(send(inviteAnswer("180 Ringing")));
  if (isCancelled) steps.push(receive("request", "CANCEL"), send(answer("200 OK")), send(cancelled(), true), receive("request", "ACK"));
  else if (status === undefined) steps.push(pause(100));
  else if (status >= 300) steps.push(send(inviteAnswer(`${status} No`), true), receive("request", "ACK"));
  else {
    steps.push(pause(150), send(inviteAnswer("200 OK", description("bob")), true), receive("request", "ACK"));
    if (talkMs === undefined) steps.push(receive("request", "BYE"), send(answer("200 OK")));
    else steps.push(pause(talkMs), send(calleeBye(), true), receive("response", 200));
  }
  return file(...steps);
}

/** The INVITE, with what is needed later to hang up from this side. */
function invited(wants: CalleeStory["wants"]): string {
  const ereg = (name: string, regexp: string, header: string, isChecked: boolean): string =>
    `<ereg regexp="${regexp}" search_in="hdr" header="${header}:" ${isChecked ? 'check_it="true" ' : ""}assign_to="${name}"/>`;
  const actions = [ereg("caller", ".*", "From", false), ereg("callee", ".*", "To", false)];
  if (wants !== undefined) actions.push(ereg("seen", wants.text, wants.header, true));
  return `<recv request="INVITE" rrs="true"><action>${actions.join("")}</action></recv>`;
}

function calleeBye(): string {
  return `
    BYE [next_url] SIP/2.0
    Via: SIP/2.0/UDP ${HERE};branch=[branch];rport
    [routes]
    Max-Forwards: 70
    From:[$callee];tag=b[call_number]x[pid]
    To:[$caller]
    Call-ID: [call_id]
    CSeq: 1 BYE
    ${NO_BODY}`;
}

function answer(line: string): string {
  return `
    SIP/2.0 ${line}
    [last_Via:]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    [last_CSeq:]
    ${NO_BODY}`;
}

function inviteAnswer(line: string, rest = NO_BODY): string {
  return `
    SIP/2.0 ${line}
    [last_Via:]
    [last_Record-Route:]
    [last_From:]
    [last_To:];tag=b[call_number]x[pid]
    [last_Call-ID:]
    [last_CSeq:]
    Contact: <sip:bob@${HERE}>
    ${rest}`;
}

/** The answer to an INVITE that a CANCEL ended: everything stands in the CANCEL too, but for the method. */
function cancelled(): string {
  return answer("487 Request Terminated")
    .replace("[last_To:]", "[last_To:];tag=b[call_number]x[pid]")
    .replace("[last_CSeq:]", "CSeq: 1 INVITE");
}

function description(user: string): string {
  return `Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=${user} 1 1 IN IP4 [media_ip]
    s=-
    c=IN IP4 [media_ip]
    t=0 0
    m=audio [media_port] RTP/AVP 0`;
}

function send(message: string, isRepeated = false): string {
  return `<send${isRepeated ? ' retrans="500"' : ""}><![CDATA[\n${message}\n\n]]></send>`;
}

function receive(kind: "request" | "response", what: number | string, attributes = ""): string {
  return `<recv ${kind}="${what}" ${attributes}/>`;
}

function pause(ms: number): string {
  return `<pause milliseconds="${ms}"/>`;
}

function file(...steps: readonly string[]): string {
  const used = ["caller", "callee", "seen"].filter((name) => steps.some((step) => step.includes(`assign_to="${name}"`)));
  const reference = used.length === 0 ? "" : `<Reference variables="${used.join(",")}"/>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n<scenario name="phone">\n${steps.join("\n")}\n${reference}\n</scenario>\n`;
}
