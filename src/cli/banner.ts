// What a person sees who starts the proxy: what listens where, where calls go, and what to try next.

export interface BannerFacts {
  readonly version: string;
  readonly node: string;
  /** `udp:127.0.0.1:5060` */
  readonly listeners: readonly string[];
  readonly mi: { readonly ip: string; readonly port: number } | undefined;
  /** Where calls go; undefined for wherever their Request-URI says. */
  readonly to: string | undefined;
  /** Where calls are kept, and how many came back from there; undefined for memory. */
  readonly store: { readonly name: string; readonly calls: number } | undefined;
}

/** The banner, without a line break at its end. */
export function banner({ version, node, listeners, mi, to, store }: BannerFacts): string {
  const host = mi === undefined ? "" : `http://${mi.ip.includes(":") ? `[${mi.ip}]` : mi.ip}:${mi.port}`;
  const lines = [
    `Dialoom ${version} on Node ${node}`,
    "",
    `  SIP          ${listeners.join("  ")}`,
    mi === undefined ? "  Management   off" : `  Management   ${host}/mi (JSON-RPC 2.0)   ${host}/health`,
    to === undefined
      ? "  Calls        from this machine they go wherever their Request-URI says; from elsewhere they are refused (--to sets a target)"
      : `  Calls        all go to ${to}`,
    store === undefined
      ? "  Dialogs      in memory"
      : `  Dialogs      in ${store.name}${store.calls === 0 ? "" : `: ${store.calls} ${store.calls === 1 ? "call" : "calls"} came back`}`,
    "",
  ];
  lines.push(...tryNext(listeners, host, to), "", "Ctrl-C ends it.");
  return lines.join("\n");
}

function tryNext(listeners: readonly string[], host: string, to: string | undefined): readonly string[] {
  const udp = listeners.find((name) => name.startsWith("udp:127.")) ?? listeners.find((name) => name.startsWith("udp:"));
  const lines: string[] = [];
  if (udp !== undefined && to === undefined) {
    const address = udp.slice(4);
    const [ip = "127.0.0.1"] = address.startsWith("[") ? [address.slice(0, address.indexOf("]") + 1)] : address.split(":");
    lines.push(
      "Try next, in a second terminal (SIPp is Debian's package sip-tester):",
      `  sipp -sn uas -i ${ip} -p 5070 -bg                                     # a phone that answers`,
      `  sipp -sn uac ${ip}:5070 -rsa ${address} -i ${ip} -r 5 -d 20000 -m 50  # calls to it, through here`,
    );
  }
  if (host !== "") {
    lines.push(
      ...(lines.length === 0 ? ["Try next, in a second terminal:"] : []),
      `  curl -s ${host}/mi -H 'Content-Type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"dlg_list"}'`,
    );
  }
  return lines;
}
