// What of the driver's connection is used: it takes messages of PostgreSQL's extended protocol and hands us the answers. The driver calls
// this a submittable; its cursors are made the same way.
import type { Connection, Submittable } from "pg";
import type { WireValue } from "./values.ts";

/** The driver's connection, as it is (its types are those of an older one). */
export interface Wire {
  readonly stream: { readonly writable: boolean; cork(): void; uncork(): void };
  parse(statement: { readonly name: string; readonly text: string }): void;
  bind(values: { readonly portal: string; readonly statement: string; readonly values: readonly WireValue[] }): void;
  describe(what: { readonly type: "P" | "S"; readonly name: string }): void;
  execute(what: { readonly portal: string; readonly rows: number }): void;
  close(what: { readonly type: "P" | "S"; readonly name: string }): void;
  flush(): void;
  sync(): void;
  sendCopyFail(text: string): void;
}

/** One thing that is asked of a connection: writes its messages, then hears the answers until `handleReadyForQuery` or `handleError`. */
export interface Asked {
  write(wire: Wire): void;
  handleRowDescription(message: { readonly fields: readonly { readonly dataTypeID: number }[] }): void;
  handleDataRow(message: { readonly fields: readonly (string | null)[] }): void;
  handlePortalSuspended(): void;
  handleCommandComplete(): void;
  handleEmptyQuery(): void;
  /** The server refused, or the connection broke; nothing more is heard. */
  handleError(error: unknown): void;
  handleReadyForQuery(): void;
}

/** Gives the driver something to ask. */
export function submittable(asked: Asked): Submittable {
  const shape = {
    submit(connection: Connection): null {
      // the driver's types lag behind what it is
      const wire = connection as unknown as Wire;
      wire.stream.cork();
      asked.write(wire);
      wire.stream.uncork();
      return null;
    },
    handleRowDescription: asked.handleRowDescription.bind(asked),
    handleDataRow: asked.handleDataRow.bind(asked),
    handlePortalSuspended: asked.handlePortalSuspended.bind(asked),
    handleCommandComplete: asked.handleCommandComplete.bind(asked),
    handleEmptyQuery: asked.handleEmptyQuery.bind(asked),
    handleError: asked.handleError.bind(asked),
    handleReadyForQuery: asked.handleReadyForQuery.bind(asked),
    // COPY is not ours: it ends with an error of the server
    handleCopyInResponse: (connection: Connection): void => (connection as unknown as Wire).sendCopyFail("not supported"),
    handleCopyData: (): void => {},
  };
  return shape;
}
