// options: answers those who ask what we can do (RFC 3261 section 11).
import { isCleanHeaderText } from "../../sip/index.ts";
import { type ModuleFactory, type Site, TextParameter } from "../module.ts";
import { routeSet } from "../routes.ts";
import type { Run } from "../run.ts";
import { extraOf } from "./relaying.ts";
import { sendReply } from "./signaling.ts";

/** A header value of the answer. */
class HeaderParameter extends TextParameter {
  readonly header: string;

  constructor(name: string, header: string, initial: string) {
    super(name, initial);
    this.header = header;
  }

  override set(value: string | number, _site?: Site): string | undefined {
    if (typeof value === "string" && !isCleanHeaderText(value)) return "a header value holds no line end";
    return super.set(value);
  }
}

/** The module `options`. */
export const options: ModuleFactory = () => {
  const values = [
    new HeaderParameter("accept", "Accept", "*/*"),
    new HeaderParameter("accept_encoding", "Accept-Encoding", ""),
    new HeaderParameter("accept_language", "Accept-Language", "en"),
    new HeaderParameter("support", "Supported", ""),
  ];
  return {
    name: "options",
    parameters: values,
    functions: [{ name: "options_reply", parameters: [], routes: routeSet("R"), bind: () => (run) => reply(run, values) }],
    variables: [],
    dependencies: () => [{ oneOf: ["signaling"], message: "module options depends on module signaling, but it was not loaded!" }],
  };
};

function reply(run: Run, values: readonly HeaderParameter[]): number {
  const { request } = run;
  if (request === undefined || request.request.method !== "OPTIONS") {
    run.error("options", "opt_reply", "called for non-OPTIONS request");
    return -1;
  }
  if (request.request.uri.user !== undefined) {
    run.error("options", "opt_reply", "ruri contains username");
    return -1;
  }
  const queued = extraOf(run, 200)?.headers ?? "";
  let headers = "";
  for (const { header, value } of values) headers += value === "" ? `${header}:\r\n` : `${header}: ${value}\r\n`;
  const code = sendReply(run, 200, "OK", { headers: headers + queued });
  return code > 0 ? 1 : sendReply(run, 500, "Server internal error", undefined) > 0 ? 1 : -1;
}
