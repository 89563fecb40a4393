// Checks the global parameters of a script and takes their values.
import type { AliasValue, GlobalAssignment, Problem, SocketValue, Span } from "../language/ast.ts";
import { nearest } from "../language/nearest.ts";
import { defaultGlobals, type Globals, type LogFormat } from "./globals.ts";
import { droppedGlobals, type GlobalRow, type GlobalTarget, globalRows, type ScriptSetting, SYSLOG_FACILITIES } from "./table.ts";

const FORMATS: readonly LogFormat[] = ["plain_text", "json", "json_cee"];
/** Transports that scripts may name and that are no SIP sockets here. */
const OTHER_PROTOCOLS = new Set(["sctp", "hep_udp", "hep_tcp", "hep_tls", "bin", "bins", "smpp", "msrp", "msrps", "ipsec"]);
const SIP_PROTOCOLS = new Set(["udp", "tcp", "tls", "ws", "wss"]);
/** Socket options with a meaning here, and those that are read and left. */
const SOCKET_OPTIONS = new Set(["tag", "anycast", "accept_subdomain"]);
const SILENT_SOCKET_OPTIONS = new Set(["use_workers", "use_auto_scaling_profile", "frag", "reuse_port", "tos"]);

type Value = string | number | boolean;

/**
 * Reads all of them; repeated scalars overwrite.
 * @returns the settings of what was right, and everything that was wrong
 */
export function readGlobals(assignments: readonly GlobalAssignment[]): {
  readonly settings: Globals;
  readonly problems: readonly Problem[];
} {
  const reader = new Reader();
  for (const assignment of assignments) reader.take(assignment);
  return { settings: reader.settings, problems: reader.problems };
}

const rows: ReadonlyMap<string, GlobalRow> = new Map(globalRows.map((row) => [row.name, row]));

class Reader {
  readonly settings: Globals = defaultGlobals();
  readonly problems: Problem[] = [];
  readonly #listen: string[] = [];
  readonly #aliases: string[] = [];

  take(assignment: GlobalAssignment): void {
    const { name, nameSpan, value } = assignment;
    const row = rows.get(name);
    if (row === undefined) {
      this.#unknown(name, nameSpan);
      return;
    }
    switch (value.kind) {
      case "socket":
        this.#socket(value);
        return;
      case "aliases":
        this.#alias(value);
        return;
      case "skipped":
        return;
      case "number":
        if (row.type === "number" || row.type === "boolean")
          this.#set(row, row.type === "boolean" ? value.value !== 0 : value.value, value.span);
        else this.#error(value.span, "string expected", `write ${name}="${value.text}"`);
        return;
      case "string":
      case "word": {
        const text = value.kind === "string" ? value.value : value.text;
        if (row.type === "number" || row.type === "boolean") {
          const digits = text !== "" && [...text].every((c) => c >= "0" && c <= "9");
          this.#error(value.span, "number expected", digits ? `take the quotes away: ${name}=${text}` : undefined);
        } else if (row.type === "text" && value.kind === "word") this.#error(value.span, "string expected", `write ${name}="${text}"`);
        else this.#set(row, text, value.span);
        return;
      }
    }
  }

  #unknown(name: string, span: Span): void {
    const dropped = droppedGlobals.get(name);
    const close = nearest(name, [...rows.keys()]);
    const hint = dropped ?? (close === undefined ? undefined : `did you mean ${close}?`);
    this.problems.push({ severity: "error", span, message: `unknown global parameter <${name}>`, hint });
  }

  #set(row: GlobalRow, value: Value, span: Span): void {
    if (row.target === undefined) return;
    if (row.target.to === "option") this.#option(row.target, value, span);
    else this.#script(row.target.setting, value, span);
  }

  #option({ option, unit }: Extract<GlobalTarget, { to: "option" }>, value: Value, span: Span): void {
    const { options } = this.settings;
    if (unit === "negated") options[option] = value === false;
    else if (unit === "header" && typeof value === "string") {
      // the whole line, name included (script-language 2)
      const colon = value.indexOf(":");
      if (colon < 1) this.#error(span, `"${value}" is no header`, 'write the whole line, as in server_header="Server: My Proxy"');
      else options[option] = value.slice(colon + 1).trim();
    } else options[option] = value;
  }

  #script(setting: ScriptSetting, value: Value, span: Span): void {
    const { settings } = this;
    switch (setting) {
      case "logLevel":
      case "xlogLevel":
      case "xlogPrintLevel":
      case "stderrLevelFilter":
      case "syslogLevelFilter":
        if (typeof value !== "number") return;
        if (value < -3 || value > 4) this.#warn(span, `a level is -3 to 4: ${value} is taken as ${Math.min(4, Math.max(-3, value))}`);
        settings[setting] = Math.min(4, Math.max(-3, value));
        return;
      case "xlogBufferSize":
      case "formatBufferSize":
      case "maxWhileLoops":
        if (typeof value !== "number") return;
        if (value < 1) this.#error(span, "must be at least 1");
        else settings[setting] = value;
        return;
      case "stderrFormat":
      case "syslogFormat": {
        const format = FORMATS.find((one) => one === value);
        if (format === undefined) this.#error(span, `unknown log format <${value}>`, `known are ${FORMATS.join(", ")}`);
        else settings[setting] = format;
        return;
      }
      case "syslogFacility":
        if (typeof value !== "string") return;
        if (SYSLOG_FACILITIES.includes(value)) settings.syslogFacility = value;
        else this.#error(span, `unknown syslog facility <${value}>`, `known are ${SYSLOG_FACILITIES.join(", ")}`);
        return;
      case "syslogName":
      case "logPrefix":
      case "workDir":
        if (typeof value === "string") settings[setting] = value;
        return;
      case "stderrEnabled":
      case "stdoutEnabled":
      case "syslogEnabled":
      case "debugMode":
      case "forceColor":
      case "autoAliases":
      case "sipWarning":
      case "statelessForwardDisabled":
      case "assertsEnabled":
        if (typeof value === "boolean") settings[setting] = value;
        return;
    }
  }

  #socket(socket: SocketValue): void {
    const { protocol, host, ports, options, span } = socket;
    if (protocol === "bond" || OTHER_PROTOCOLS.has(protocol)) {
      this.#error(span, `${protocol} sockets are not supported by Dialoom`);
      return;
    }
    if (!SIP_PROTOCOLS.has(protocol)) {
      const close = nearest(protocol, [...SIP_PROTOCOLS]);
      this.#error(span, `unknown transport protocol <${protocol}>`, close === undefined ? undefined : `did you mean ${close}?`);
      return;
    }
    let words = "";
    for (const one of options) {
      if (one.name === "as") words += ` as ${one.values.map(bracketed).join(":")}`;
      else if (SOCKET_OPTIONS.has(one.name)) words += ` ${[one.name, ...one.values].join(" ")}`;
      else if (SILENT_SOCKET_OPTIONS.has(one.name)) continue;
      else if (one.name.endsWith("_proxy_protocol")) this.#error(one.span, `${one.name} is not supported by Dialoom`);
      else this.#error(one.span, `unknown socket option <${one.name}>`);
    }
    for (const port of ports.length === 0 ? [0] : ports) {
      const text = `${protocol}:${bracketed(host)}${port === 0 ? "" : `:${port}`}${words}`;
      if (!this.#listen.includes(text)) this.#listen.push(text);
    }
    this.settings.options["listen"] = this.#listen;
  }

  #alias(aliases: AliasValue): void {
    for (const { text } of aliases.names) {
      // `any:` is what no protocol at all says as well
      const plain = text.startsWith("any:") ? text.slice(4) : text;
      if (!this.#aliases.includes(plain)) this.#aliases.push(plain);
    }
    this.settings.options["alias"] = this.#aliases;
  }

  #error(span: Span, message: string, hint?: string): void {
    this.problems.push({ severity: "error", span, message, hint });
  }

  #warn(span: Span, message: string): void {
    this.problems.push({ severity: "warning", span, message, hint: undefined });
  }
}

/** A host as it stands before a port. */
function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
