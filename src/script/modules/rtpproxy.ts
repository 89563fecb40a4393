// rtpproxy: media relays. Their notices of calls without media are heard (side-modules 6); no relay is spoken to yet, so calls pass with the
// media addresses that their parties gave.
import { ListParameter, may, type ScriptModule, TextParameter } from "../module.ts";
import { minimum } from "./minimum.ts";

const media = [
  may("flags", "text"),
  may("address", "text"),
  may("set", "value"),
  may("socket", "output"),
  may("result", "output"),
  may("body", "output"),
];

/** The module. */
export function rtpproxy(): ScriptModule {
  const sockets = new ListParameter("rtpproxy_sock");
  const notify = new TextParameter("rtpp_notify_socket");
  return {
    ...minimum("rtpproxy", "no media relay is used", [
      { name: "rtpproxy_offer", routes: "RFOBL", parameters: media },
      { name: "rtpproxy_answer", routes: "RFOBL", parameters: media },
      { name: "rtpproxy_engage", routes: "R", parameters: media },
      { name: "rtpproxy_unforce", routes: "RFOBL", parameters: [may("set", "value"), may("socket", "variable")] },
      { name: "rtpproxy_start_recording", routes: "RO", parameters: [may("set", "value"), may("socket", "variable")] },
    ]),
    parameters: [sockets, notify],
    events: ["E_RTPPROXY_DTMF", "E_RTPPROXY_STATUS"],
    check: () => (sockets.values.length === 0 ? ["no rtpproxy set specified"] : []),
    options: () => ({ rtpproxySock: sockets.values, ...(notify.value === "" ? {} : { rtppNotifySocket: notify.value }) }),
  };
}
