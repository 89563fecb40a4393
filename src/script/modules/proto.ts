// proto_udp and proto_tcp: the transports are always there; what is left of these modules is a few settings.
import { IntParameter, type ScriptModule } from "../module.ts";

const SIP_PORT = 5060;

/** Makes the module `proto_udp`. */
export function protoUdp(): ScriptModule {
  const port = new IntParameter("udp_port", SIP_PORT, 1, 65_535);
  return { name: "proto_udp", parameters: [port], functions: [], variables: [], warnings: () => portWarnings(port) };
}

/** Makes the module `proto_tcp`. */
export function protoTcp(): ScriptModule {
  const port = new IntParameter("tcp_port", SIP_PORT, 1, 65_535);
  const sendTimeout = new IntParameter("tcp_send_timeout", 100, 1);
  const pingpong = new IntParameter("tcp_crlf_pingpong", 1);
  return {
    name: "proto_tcp",
    parameters: [port, sendTimeout, pingpong],
    functions: [],
    variables: [],
    warnings: () => portWarnings(port),
    options() {
      const options: Record<string, unknown> = {};
      if (sendTimeout.isSet) options["tcpSendTimeout"] = sendTimeout.value;
      if (pingpong.isSet) options["tcpCrlfPingpong"] = pingpong.value !== 0;
      return options;
    },
  };
}

// A socket says its port itself; one without a port has the port of SIP.
function portWarnings(port: IntParameter): readonly string[] {
  return port.isSet && port.value !== SIP_PORT ? [`${port.name} is not used: write the port into the socket lines`] : [];
}
