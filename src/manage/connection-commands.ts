// Open stream connections (proxy-core 7.6).
import type { Commands } from "./commands.ts";
import { Listing } from "./listing.ts";
import type { ConnectionInfo } from "./ports.ts";

/** Adds `list_tcp_conns`. @param connections - asked anew for each call */
export function registerConnectionCommands(commands: Commands, connections: () => Iterable<ConnectionInfo>): void {
  commands.register({
    name: "list_tcp_conns",
    modern: ["core:list_tcp_conns"],
    module: "core",
    help: "lists the stream connections that are open",
    forms: [[]],
    run: () => new Listing("Connections", written(connections())),
  });
}

function* written(connections: Iterable<ConnectionInfo>): Generator<Record<string, string | number>, void, undefined> {
  for (const one of connections) {
    yield {
      ID: one.id,
      Type: one.type,
      State: one.state,
      Remote: one.remote,
      Local: one.local,
      Lifetime: one.lifetimeS,
      ...(one.aliasPort === undefined ? {} : { "Alias port": one.aliasPort }),
    };
  }
}
