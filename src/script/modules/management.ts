// mi_http, mi_fifo, mi_datagram, event_datagram: the ways in to the management commands and the ways out for events. The work is done
// outside of scripts; these tables turn parameters into options.
import { IntParameter, type ModuleFactory, type ModuleParameter, TextParameter } from "../module.ts";

/** A name or a number. */
class NameParameter implements ModuleParameter {
  readonly name: string;
  readonly type = "any";
  value = "";

  constructor(name: string) {
    this.name = name;
  }

  set(value: string | number): string | undefined {
    this.value = String(value);
    return undefined;
  }
}

/** JSON-RPC over HTTP, at the address of `httpd`. */
export const miHttp: ModuleFactory = () => {
  const root = new TextParameter("root", "mi");
  const pretty = new IntParameter("pretty_printing", 0);
  return {
    name: "mi_http",
    parameters: [root, pretty],
    functions: [],
    variables: [],
    dependencies: () => [{ oneOf: ["httpd"], message: "module mi_http depends on module httpd, but it was not loaded!" }],
    options: () => ({ mi: true, miRoot: root.value, miPretty: pretty.value !== 0 }),
  };
};

/** JSON-RPC over a named pipe. */
export const miFifo: ModuleFactory = () => {
  const name = new TextParameter("fifo_name", "/tmp/opensips_fifo");
  const mode = new IntParameter("fifo_mode", 0o660, 0, 0o777);
  const user = new NameParameter("fifo_user");
  const group = new NameParameter("fifo_group");
  const replyDir = new TextParameter("reply_dir", "/tmp/");
  return {
    name: "mi_fifo",
    parameters: [name, mode, user, group, replyDir],
    functions: [],
    variables: [],
    check: () => {
      const problems: string[] = [];
      if (!name.value.startsWith("/")) problems.push("fifo_name must be an absolute path");
      if (!replyDir.value.startsWith("/")) problems.push("reply_dir must be an absolute path");
      return problems;
    },
    options: () => ({
      miFifo: name.value,
      miFifoMode: mode.value,
      miReplyDir: replyDir.value,
      ...(user.value === "" ? {} : { miFifoUser: user.value }),
      ...(group.value === "" ? {} : { miFifoGroup: group.value }),
    }),
  };
};

/** JSON-RPC over datagrams. */
export const miDatagram: ModuleFactory = () => {
  const socket = new TextParameter("socket_name", "udp:127.0.0.1:8080");
  return {
    name: "mi_datagram",
    parameters: [socket],
    functions: [],
    variables: [],
    check: () => {
      if (/^udp:.+:\d+$/i.test(socket.value)) return [];
      return [`socket_name "${socket.value}": UNIX datagram sockets are not available here; write it like "udp:127.0.0.1:8080"`];
    },
    options: () => ({ miDatagram: socket.value }),
  };
};

/** Subscribers of events by `udp:host:port`: always there, with or without the module. */
export const eventDatagram: ModuleFactory = () => ({ name: "event_datagram", parameters: [], functions: [], variables: [] });
