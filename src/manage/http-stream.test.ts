import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { Slices, silentLog } from "../kit/index.ts";
import { ReplyStream } from "./http-stream.ts";

/** A response whose socket takes everything at once, and says so in the same turn of the loop: the quickest client there is. */
class QuickResponse extends EventEmitter {
  readonly headers = new Map<string, unknown>();
  written = "";
  writes = 0;
  isEnded = false;

  setHeader(name: string, value: unknown): void {
    this.headers.set(name, value);
  }

  write(text: string): boolean {
    this.written += text;
    this.writes++;
    process.nextTick(() => this.emit("drain"));
    return false;
  }

  end(text: string): void {
    this.written += text;
    this.isEnded = true;
    this.emit("finish");
  }
}

function streamOf(pieces: Iterable<string>): { readonly response: QuickResponse; readonly stream: ReplyStream } {
  const response = new QuickResponse();
  const fail = (error: unknown): never => {
    throw error;
  };
  const slices = new Slices({ now: () => 0, monotonic: () => 0 }, (run) => void setImmediate(run), fail);
  return { response, stream: new ReplyStream(response as unknown as ServerResponse, pieces, slices, silentLog) };
}

test("one portion per turn of the loop, however quick the client is", async () => {
  const piece = "x".repeat(1000);
  const { response, stream } = streamOf(Array<string>(1000).fill(piece));
  let most = 0;
  let before = 0;
  const count = (): void => {
    most = Math.max(most, response.writes - before);
    before = response.writes;
  };
  const watch = (): void => {
    count();
    if (!response.isEnded) setImmediate(watch);
  };
  setImmediate(watch);
  stream.leave();
  if (!response.isEnded) await once(response, "finish");
  count();
  assert.equal(response.written, piece.repeat(1000));
  assert.ok(response.writes >= 10, "in portions");
  assert.ok(most <= 2, `${most} portions in one turn`);
});

test("a short reply is one write that says how long it is, in bytes", () => {
  const { response, stream } = streamOf(["{", '"é"', "}"]);
  stream.leave();
  assert.deepEqual([response.written, response.headers.get("Content-Length"), response.writes], ['{"é"}', 6, 0]);
});
