// From, To and the other headers that name a party: their URI, its parts, the display name, parameters.
import { H, type HeaderId, type NameAddr, parseNameAddr, type SipMessage, type SipUri } from "../../sip/index.ts";
import type { VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import type { Value } from "../values.ts";
import { filled, orNull, plain } from "./define.ts";
import { hostValue } from "./uris.ts";

type Party = (message: SipMessage) => NameAddr | undefined;

const from: Party = (message) => message.from;
const to: Party = (message) => message.to;

/** `$fu` …, `$tu` …, and the identity headers `$ai $pu $pU $pd $pn $di $dip $dir $re $rt`. */
export function partyVariables(): readonly VariableDefinition[] {
  return [
    ...uriOf("fu", from),
    ...uriOf("from", from),
    plain("fU", (run) => userOf(run, from)),
    plain("fd", (run) => domainOf(run, from)),
    plain("fn", (run) => displayOf(run.message.from)),
    plain("ft", (run) => filled(run.message.fromTag)),
    ...uriOf("tu", to),
    ...uriOf("to", to),
    plain("tU", (run) => userOf(run, to)),
    plain("td", (run) => domainOf(run, to)),
    plain("tn", (run) => displayOf(run.message.to)),
    plain("tt", (run) => filled(run.message.toTag)),
    ...uriOf("ai", first(H.PAssertedIdentity)),
    ...uriOf("pu", preferred),
    plain("pU", (run) => userOf(run, preferred)),
    plain("pd", (run) => domainOf(run, preferred)),
    plain("pn", (run) => displayOf(preferred(run.message))),
    ...uriOf("di", diversion),
    plain("dip", (run) => orNull(diversion(run.message)?.param("privacy"))),
    plain("dir", (run) => orNull(diversion(run.message)?.param("reason"))),
    ...uriOf("re", first(H.RemotePartyId)),
    ...uriOf("rt", first(H.ReferTo)),
  ];
}

const preferred: Party = first(H.PPreferredIdentity);
const diversion: Party = first(H.Diversion);

/** Reads the first value of an address header; undefined when there is none that reads. */
export function first(id: HeaderId): (message: SipMessage) => NameAddr | undefined {
  return (message) => {
    if (!message.has(id)) return undefined;
    const value = message.values(id)[0];
    if (value === undefined) return undefined;
    const parsed = parseNameAddr(value);
    return parsed.ok ? parsed.value : undefined;
  };
}

function uriOf(name: string, party: Party): VariableDefinition[] {
  return [plain(name, (run) => orNull(party(run.message)?.uri))];
}

function userOf(run: Run, party: Party): Value {
  return orNull(partyUri(run, party)?.user);
}

function domainOf(run: Run, party: Party): Value {
  return hostValue(partyUri(run, party));
}

function partyUri(run: Run, party: Party): SipUri | undefined {
  const address = party(run.message);
  if (address === undefined) return undefined;
  const uri = address.sipUri();
  if (uri === undefined) run.error("core", "parse_uri", `bad uri <${address.uri}>`);
  return uri;
}

/** The display name as it stands, quotes included; NULL when there is none. */
export function displayOf(address: NameAddr | undefined): Value {
  if (address === undefined) return null;
  const { text } = address;
  if (text.charCodeAt(0) === 34) {
    let end = 1;
    while (end < text.length && text.charCodeAt(end) !== 34) end += text.charCodeAt(end) === 92 ? 2 : 1;
    return text.slice(0, end + 1);
  }
  if (text.startsWith(address.uri)) return null;
  return filled(text.slice(0, text.indexOf("<")).trimEnd());
}
