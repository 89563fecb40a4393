// {sdp.…}: lines and media sections of a session description (RFC 4566).
import type { Run } from "../run.ts";
import { nothing, type TransformationDefinition, wholeNumber, withParameters } from "./definition.ts";

/** Class `sdp`. */
export function sdpTransformations(): readonly TransformationDefinition[] {
  return [
    withParameters("sdp", "line", 1, 2, (given) => {
      const type = given.text(0);
      const index = given.int(1, 0);
      return (text, run) => {
        const at = index(run);
        if (at === undefined) return nothing(run, "sdp", "sdp.line: bad index");
        const prefix = `${type(run).trim().charAt(0)}=`;
        return (
          lines(text)
            .filter((line) => line.startsWith(prefix))
            .at(at)
            ?.trimEnd() ?? null
        );
      };
    }),
    withParameters("sdp", "stream", 1, 1, (given) => {
      const which = given.text(0);
      return (text, run) => {
        const { streams } = sections(text);
        return streams[streamAt(streams, which(run), run)] ?? null;
      };
    }),
    withParameters("sdp", "stream-delete", 1, 1, (given) => {
      const which = given.text(0);
      return (text, run) => {
        const { session, streams } = sections(text);
        const at = streamAt(streams, which(run), run);
        return session + streams.filter((_, i) => i !== at).join("");
      };
    }),
  ];
}

// Each with its line end.
function lines(text: string): string[] {
  const all: string[] = [];
  let at = 0;
  while (at < text.length) {
    const lf = text.indexOf("\n", at);
    const end = lf < 0 ? text.length : lf + 1;
    all.push(text.slice(at, end));
    at = end;
  }
  return all;
}

function sections(text: string): { readonly session: string; readonly streams: readonly string[] } {
  let session = "";
  const streams: string[] = [];
  for (const line of lines(text)) {
    if (line.startsWith("m=")) streams.push(line);
    else if (streams.length === 0) session += line;
    else streams[streams.length - 1] += line;
  }
  return { session, streams };
}

// A stream is named by its number (from the end when negative) or by its medium, of which the first counts. −1 for none.
function streamAt(streams: readonly string[], which: string, run: Run): number {
  const name = which.trim();
  if (name === "") {
    nothing(run, "sdp", "sdp.stream: no stream named");
    return -1;
  }
  const index = wholeNumber(name);
  if (index === undefined) return streams.findIndex((stream) => stream.startsWith(`m=${name} `));
  const at = index < 0 ? streams.length + index : index;
  return at < streams.length ? at : -1;
}
