// Path of a REGISTER (RFC 3327): stored with the binding, put into requests to it as Routes, and shown to who supports it.
import { bad, good, type Parsed } from "../kit/index.ts";
import { H, parseNameAddr, parseUri, type SipRequest } from "../sip/index.ts";
import { Refusal } from "./refusal.ts";
import type { SaveOptions } from "./save-options.ts";
import type { LocationSettings } from "./settings.ts";

/** What the Path of a request comes to. */
export interface PathResult {
  readonly values: readonly string[];
  /** `received` of the first value, where it counts; "" otherwise. */
  readonly received: string;
  /** The answer shows it. */
  readonly isEchoed: boolean;
}

const NO_PATH: PathResult = Object.freeze({ values: [], received: "", isEchoed: false });

/** Reads the Path as the options want it. */
export function readPath(request: SipRequest, settings: LocationSettings, options: SaveOptions): Parsed<PathResult, Refusal> {
  const mode = options.path ?? "off";
  if (mode === "off" || !request.has(H.Path)) return good(NO_PATH);
  const isSupported = hasOption(request, "path");
  if (mode === "strict" && !isSupported) return bad(new Refusal(420, "No support for found Path indicated"));
  const values = request.values(H.Path);
  let length = 0;
  for (const value of values) {
    const address = parseNameAddr(value);
    if (!address.ok || !parseUri(address.value.uri).ok) return bad(new Refusal(400, "Error while parsing Path"));
    length += value.length;
  }
  if (length > settings.maxContactLength * 4) return bad(new Refusal(400, "Path too long"));
  const received = options.isReceivedFromPath === true ? receivedOf(values[0] ?? "", settings) : "";
  return good({ values, received, isEchoed: mode === "strict" || isSupported });
}

/** Whether a request's Supported names an option. */
export function hasOption(request: SipRequest, option: string): boolean {
  return request.has(H.Supported) && request.values(H.Supported).some((one) => one.toLowerCase() === option);
}

function receivedOf(value: string, settings: LocationSettings): string {
  const address = parseNameAddr(value);
  if (!address.ok) return "";
  const received = address.value.sipUri()?.param("received") ?? address.value.param("received") ?? "";
  return received !== "" && received.length <= settings.maxContactLength && parseUri(received).ok ? received : "";
}
