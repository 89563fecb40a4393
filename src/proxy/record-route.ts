// Our Record-Route: asked for once in a route, made for each branch when it is known where the branch leaves (RR-1 to RR-6).

import { isCleanHeaderText, type SipRequest } from "../sip/index.ts";
import type { Listener } from "../transport/index.ts";
import type { ProxySettings } from "./settings.ts";
import type { ShownSocket } from "./shown.ts";

/** What a route asked for, and the parameters collected for it. */
export class RecordRoute {
  isRequested = false;
  #params = "";
  #buffered = "";
  #upper: string | undefined = undefined;
  #lower: string | undefined = undefined;

  /** Asks for the header. −1 the second time, or when `params` could not stand in a header (S-10). */
  request(params: string): 1 | -1 {
    if (this.isRequested || !isParams(params)) return -1;
    this.isRequested = true;
    this.#params = params;
    return 1;
  }

  /** Asks for the header with addresses of the route's own (RR-5). */
  preset(upper: string, lower: string | undefined, mayBeDouble: boolean): 1 | -1 {
    if (this.isRequested || upper === "" || !isCleanHeaderText(upper)) return -1;
    if (lower !== undefined && (!mayBeDouble || lower === "" || !isCleanHeaderText(lower))) return -1;
    this.isRequested = true;
    this.#upper = upper;
    this.#lower = lower;
    return 1;
  }

  /** Adds a parameter; it is used if the header is ever asked for (RR-6). */
  add(param: string): 1 | -1 {
    if (param === "" || !isParams(param)) return -1;
    this.#buffered += param;
    return 1;
  }

  /** Takes a parameter back that `add` was given alone. */
  drop(name: string): void {
    let kept = "";
    for (const param of this.#buffered.split(";")) {
      const equals = param.indexOf("=");
      const own = equals < 0 ? param : param.slice(0, equals);
      if (own !== "" && own.toLowerCase() !== name.toLowerCase()) kept += `;${param}`;
    }
    this.#buffered = kept;
  }

  /** A copy for a branch that has parameters of its own. */
  clone(): RecordRoute {
    const copy = new RecordRoute();
    copy.isRequested = this.isRequested;
    copy.#params = this.#params;
    copy.#buffered = this.#buffered;
    copy.#upper = this.#upper;
    copy.#lower = this.#lower;
    return copy;
  }

  /**
   * The header values of one branch, the lower one first; undefined where there is none.
   * @param shownInbound, shownOutbound - the names of the sockets, where a route wants others than their own
   * @param scheme - `sip`, or `sips` when the request's own R-URI is (RR-2)
   */
  values(
    request: SipRequest,
    user: string | undefined,
    inbound: Listener,
    outbound: Listener,
    settings: ProxySettings,
    shownInbound: ShownSocket = inbound,
    shownOutbound: ShownSocket = outbound,
  ): RecordRouteValues {
    const scheme = request.uri.scheme === "sips" ? "sips" : "sip";
    const ftag = settings.appendFromTag && request.fromTag !== "" ? `;ftag=${request.fromTag}` : "";
    if (this.#upper !== undefined) return this.#presetValues(scheme, ftag, this.#upper);
    const extra = `${ftag}${this.#params}${this.#buffered}`;
    const at = settings.addUsername && user !== undefined && user !== "" ? `${user}@` : "";
    // the same listener object means same address, port and protocol (RR-4)
    const isDouble = inbound !== outbound && settings.enableDoubleRr;
    const r2 = isDouble ? ";r2=on" : "";
    return {
      upper: `<${scheme}:${at}${shownOutbound.uriHost}${transportParam(outbound)}${r2};lr${extra}>`,
      lower: isDouble ? `<${scheme}:${at}${shownInbound.uriHost}${transportParam(inbound)}${r2};lr${extra}>` : undefined,
    };
  }

  #presetValues(scheme: string, ftag: string, upper: string): RecordRouteValues {
    const lower = this.#lower;
    const r2 = lower !== undefined && !hasR2(upper) && !hasR2(lower) ? ";r2=on" : "";
    const tail = `${r2}${ftag};lr${this.#buffered}`;
    return {
      upper: `<${scheme}:${upper}${tail}>`,
      lower: lower === undefined ? undefined : `<${scheme}:${lower}${tail}>`,
    };
  }
}

/** What goes on top of a branch. `upper` is the side where it leaves. */
export interface RecordRouteValues {
  readonly upper: string;
  readonly lower: string | undefined;
}

function transportParam(listener: Listener): string {
  return listener.transport === "udp" ? "" : `;transport=${listener.transport}`;
}

/** Parameters as they may stand in a URI between `<` and `>`: each with its semicolon, no brackets, quotes or spaces. */
function isParams(params: string): boolean {
  if (params === "") return true;
  if (params.charCodeAt(0) !== 59) return false;
  for (let i = 0; i < params.length; i++) {
    const c = params.charCodeAt(i);
    if (c <= 32 || c >= 127 || c === 34 || c === 44 || c === 60 || c === 62) return false;
  }
  return true;
}

function hasR2(hostPort: string): boolean {
  return hostPort.toLowerCase().includes(";r2=");
}
