// nathelper: signs of NATs, Contacts and descriptions that lead back through them (script-language 8.7, side-modules 5).
// Pings of registered contacts belong to the location table.
import {
  type AddressRewrite,
  addReceivedParams,
  changeBodyParts,
  type Edit,
  fixContacts,
  isCleanHeaderText,
  NatSign,
  natSigns,
  originUri,
  parseIpv4,
  parseIpv6,
  withSdpAddress,
  withSdpLines,
} from "../../sip/index.ts";
import type { Source } from "../../transport/index.ts";
import { type BoundCall, type FunctionDefinition, may, must, type ScriptModule, TextParameter } from "../module.ts";
import { routeSet } from "../routes.ts";
import type { Run } from "../run.ts";
import { flagSet } from "./flag-words.ts";

/** Words of `nat_uac_test`. */
const TESTS: Readonly<Record<string, number>> = {
  "private-contact": NatSign.privateContact,
  "diff-ip-src-via": NatSign.otherAddress,
  "private-via": NatSign.privateVia,
  "private-sdp": NatSign.privateMedia,
  "diff-port-src-via": NatSign.otherPort,
  "diff-ip-src-contact": NatSign.otherContactAddress,
  "diff-port-src-contact": NatSign.otherContactPort,
  "carrier-grade-nat": NatSign.carrier,
};
const ADD_DIRECTION = 1;
const MEDIA_IP = 2;
const ADD_MARK = 4;
const ORIGIN_IP = 8;
const NULL_IPS = 16;
/** Words of `fix_nated_sdp`. */
const SDP_FLAGS: Readonly<Record<string, number>> = {
  "add-dir-active": ADD_DIRECTION,
  "rewrite-media-ip": MEDIA_IP,
  "add-no-rtpproxy": ADD_MARK,
  "rewrite-origin-ip": ORIGIN_IP,
  "rewrite-null-ips": NULL_IPS,
};

/** Makes the module. */
export function nathelper(): ScriptModule {
  const receivedAvp = new TextParameter("received_avp");
  const mark = new TextParameter("nortpproxy_str", "a=nortpproxy:yes\r\n");
  const oldIpSkip = new TextParameter("oldip_skip");
  return {
    name: "nathelper",
    parameters: [receivedAvp, mark, oldIpSkip],
    variables: [],
    functions: [test, fixContact(), fixRegister(receivedAvp), addReceived, fixSdp(mark, oldIpSkip)],
    check() {
      if (!receivedAvp.isSet || avpName(receivedAvp.value) !== undefined) return [];
      return [`received_avp is not an AVP: <${receivedAvp.value}>`];
    },
  };
}

const test: FunctionDefinition = {
  name: "nat_uac_test",
  parameters: [must("flags", "flags")],
  routes: routeSet("RFOBL"),
  resultMatters: true,
  bind(call) {
    const flags = flagSet(call, 0, TESTS);
    return (run) => {
      const wanted = flags(run);
      const { source } = run;
      if (wanted === undefined || source === undefined) return -1;
      return natSigns(run.message, source, wanted) === 0 ? -1 : 1;
    };
  },
};

function fixContact(): FunctionDefinition {
  // Contacts are rewritten from what was received: doing it twice is a mistake of the script, and is told so.
  const done = new WeakSet<Edit>();
  return {
    name: "fix_nated_contact",
    parameters: [may("uri_params", "text")],
    routes: routeSet("RFOBL"),
    bind(call) {
      const params = call.has(0) ? call.text(0) : () => "";
      return (run) => {
        const added = params(run);
        const place = placeOf(run, call);
        if (added === undefined || place === undefined) return -1;
        if (done.has(place.edit)) return refuse(run, call, "SCRIPT BUG: second attempt to change the Contact");
        const text = added === "" || added.startsWith(";") ? added : `;${added}`;
        if (!isCleanHeaderText(text)) return refuse(run, call, "URI parameters with a line end");
        done.add(place.edit);
        fixContacts(place.edit, place.source, text);
        return 1;
      };
    },
  };
}

function fixRegister(receivedAvp: TextParameter): FunctionDefinition {
  return {
    name: "fix_nated_register",
    parameters: [],
    routes: routeSet("R"),
    bind() {
      return (run) => {
        const name = receivedAvp.isSet ? avpName(receivedAvp.value) : undefined;
        const { source } = run;
        if (name !== undefined && source !== undefined) run.avps.push(name, originUri(source, source.listener.transport));
        return 1;
      };
    },
  };
}

const addReceived: FunctionDefinition = {
  name: "add_rcv_param",
  parameters: [may("flag", "int")],
  routes: routeSet("R"),
  bind(call) {
    const flag = call.has(0) ? call.int(0) : () => 0;
    return (run) => {
      const isInUri = flag(run);
      const place = placeOf(run, call);
      if (isInUri === undefined || place === undefined) return -1;
      const { edit, source } = place;
      addReceivedParams(edit, source, source.listener.transport, isInUri !== 0);
      return 1;
    };
  },
};

function fixSdp(mark: TextParameter, oldIpSkip: TextParameter): FunctionDefinition {
  return {
    name: "fix_nated_sdp",
    parameters: [must("flags", "flags"), may("ip_address", "text"), may("sdp_fields", "text")],
    routes: routeSet("RFOBL"),
    bind(call) {
      const flags = flagSet(call, 0, SDP_FLAGS);
      const address = call.has(1) ? call.text(1) : undefined;
      const fields = call.has(2) ? call.text(2) : () => "";
      return (run) => {
        const bits = flags(run);
        const given = address?.(run);
        const lines = fields(run);
        const place = placeOf(run, call);
        if (bits === undefined || lines === undefined || place === undefined) return -1;
        if (address !== undefined && given === undefined) return -1;
        const ip = given === undefined || given === "" ? place.source.ip : unbracketed(given);
        if (parseIpv4(ip) < 0 && parseIpv6(ip) === undefined) return refuse(run, call, `<${ip}> is no IP address`);
        const rewrite: AddressRewrite = {
          ip,
          media: (bits & MEDIA_IP) !== 0,
          origin: (bits & ORIGIN_IP) !== 0,
          nulls: (bits & NULL_IPS) !== 0,
          keepMedia: !oldIpSkip.value.includes("c"),
          keepOrigin: !oldIpSkip.value.includes("o"),
        };
        let added = ownLines(lines);
        if ((bits & ADD_DIRECTION) !== 0) added += "a=direction:active\r\n";
        if ((bits & ADD_MARK) !== 0) added += ownLines(mark.value);
        return changeBodyParts(place.edit, "application/sdp", (sdp) => withAdded(withSdpAddress(sdp, rewrite) ?? sdp, added)) ? 1 : -1;
      };
    },
  };
}

// Lines that are there already are not added again: another proxy on the way has done it.
function withAdded(sdp: string, lines: string): string {
  let out = sdp;
  for (const line of lines.split("\r\n")) {
    if (line !== "" && !sdp.includes(`${line}\r\n`)) out = withSdpLines(out, `${line}\r\n`);
  }
  return out;
}

/** Lines as scripts write them, `\r\na=x\r\na=y`, each with its end behind it. */
function ownLines(text: string): string {
  let out = "";
  for (const line of text.split("\n")) {
    const trimmed = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (trimmed !== "") out += `${trimmed}\r\n`;
  }
  return out;
}

function placeOf(run: Run, call: BoundCall): { readonly edit: Edit; readonly source: Source } | undefined {
  const { edit, source } = run;
  if (edit !== undefined && source !== undefined) return { edit, source };
  refuse(run, call, `a ${run.kind} route has no received message to change`);
  return undefined;
}

function refuse(run: Run, call: BoundCall, text: string): -1 {
  run.error("nathelper", call.name, text);
  return -1;
}

function unbracketed(ip: string): string {
  return ip.startsWith("[") && ip.endsWith("]") ? ip.slice(1, -1) : ip;
}

/** The name in `$avp(name)`; undefined for anything else. */
function avpName(text: string): string | undefined {
  const inner = text.startsWith("$avp(") && text.endsWith(")") ? text.slice(5, -1).trim() : "";
  return inner === "" ? undefined : inner;
}
