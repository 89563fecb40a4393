import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type FramerSink, StreamFramer } from "./framer.ts";

class Collector implements FramerSink {
  readonly messages: string[] = [];
  readonly breaks: { text: string; isTooLarge: boolean }[] = [];
  pings = 0;

  message(text: string): void {
    this.messages.push(text);
  }
  ping(): void {
    this.pings++;
  }
  broken(text: string, isTooLarge: boolean): void {
    this.breaks.push({ text, isTooLarge });
  }
}

function message(body: string, extra = ""): string {
  return `MESSAGE sip:b@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.8;branch=z9hG4bK1\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`;
}

function setUp(max = 65_535) {
  const sink = new Collector();
  return { sink, framer: new StreamFramer(sink, max) };
}

describe("messages of a stream (T-23)", () => {
  test("several messages in one piece", () => {
    const { sink, framer } = setUp();
    const all = [message("one"), message(""), message("three")];
    framer.push(all.join(""));
    assert.deepEqual(sink.messages, all);
    assert.equal(framer.isIdle, true);
  });

  test("one message byte by byte", () => {
    const { sink, framer } = setUp();
    const text = message("hello\r\n\r\nworld");
    for (const byte of text) framer.push(byte);
    assert.deepEqual(sink.messages, [text]);
    assert.equal(framer.heldBytes, 0);
  });

  test("a body that looks like a message is a body (never re-synchronised inside)", () => {
    const { sink, framer } = setUp();
    const text = message(message("inner"));
    framer.push(text);
    assert.deepEqual(sink.messages, [text]);
  });

  test("bare line feeds end lines and heads (M-11)", () => {
    const { sink, framer } = setUp();
    const text = "OPTIONS sip:a SIP/2.0\nContent-Length: 2\n\nhi";
    framer.push(text + text);
    assert.deepEqual(sink.messages, [text, text]);
  });

  test("a compact or folded Content-Length counts", () => {
    const { sink, framer } = setUp();
    const text = "OPTIONS sip:a SIP/2.0\r\nl:\r\n 2\r\n\r\nhi";
    framer.push(text);
    assert.deepEqual(sink.messages, [text]);
  });

  test("line ends between messages are eaten, each CRLFCRLF of a piece is one ping (T-24)", () => {
    const { sink, framer } = setUp();
    framer.push(`\r\n\r\n${message("a")}\r\n${message("b")}`);
    assert.equal(sink.messages.length, 2);
    assert.equal(sink.pings, 1);
    framer.push("\r\n\r\n");
    assert.equal(sink.pings, 2);
    framer.push("\r\n");
    assert.equal(sink.pings, 2);
    framer.push("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n");
    assert.equal(sink.pings, 3, "a flood of pings is answered once for each piece");
  });

  test("a ping in two halves is a ping", () => {
    const { sink, framer } = setUp();
    framer.push("\r\n\r");
    framer.push("\n");
    assert.equal(sink.pings, 1);
  });

  for (const [name, start] of [
    ["TLS", "\x16\x03\x01\x02\x00"],
    ["STUN", "\x00\x01\x00\x08"],
    ["RTP", "\x80\x00\x12\x34"],
    ["a space", " INVITE"],
  ] as const) {
    test(`${name} breaks the stream at its first byte (X-01)`, () => {
      const { sink, framer } = setUp();
      framer.push(`${message("ok")}${start}${message("never seen")}`);
      assert.equal(sink.messages.length, 1);
      assert.deepEqual(sink.breaks, [{ text: "", isTooLarge: false }]);
      framer.push(message("nor this"));
      assert.equal(sink.messages.length, 1);
    });
  }

  for (const [name, lines] of [
    ["without Content-Length (X-11)", ""],
    ["with a Content-Length that is no number (X-10)", "Content-Length: abc\r\n"],
    ["with a negative Content-Length (X-10)", "Content-Length: -5\r\n"],
    ["with two different ones (X-07)", "Content-Length: 5\r\nContent-Length: 6\r\n"],
  ] as const) {
    test(`a message ${name} ends the stream with its head`, () => {
      const { sink, framer } = setUp();
      const head = `INVITE sip:a SIP/2.0\r\nCall-ID: x\r\n${lines}\r\n`;
      framer.push(`${head}body${message("never seen")}`);
      assert.deepEqual(sink.messages, []);
      assert.deepEqual(sink.breaks, [{ text: head, isTooLarge: false }]);
    });
  }

  test("a message longer than allowed ends the stream before its body is waited for", () => {
    const { sink, framer } = setUp(1000);
    const head = "INVITE sip:a SIP/2.0\r\nContent-Length: 1000\r\n\r\n";
    framer.push(head);
    assert.deepEqual(sink.breaks, [{ text: head, isTooLarge: true }]);
  });

  test("a head without end stops at the limit, whatever the pieces", () => {
    for (const size of [1, 7, 5000]) {
      const { sink, framer } = setUp(1000);
      const flood = `INVITE sip:a SIP/2.0\r\n${"X: y\r\n".repeat(900)}`;
      for (let at = 0; at < flood.length; at += size) framer.push(flood.slice(at, at + size));
      assert.equal(sink.breaks.length, 1);
      assert.equal(sink.breaks[0]?.isTooLarge, true);
      assert.ok((sink.breaks[0]?.text.length ?? 0) <= 1000);
      assert.equal(framer.heldBytes, 0);
    }
  });

  test("stopping from inside a message ends the piece there (T-30)", () => {
    const sink = new Collector();
    const framer: StreamFramer = new StreamFramer(
      {
        message: (text) => {
          sink.message(text);
          framer.stop();
        },
        ping: () => sink.ping(),
        broken: (text, isTooLarge) => sink.broken(text, isTooLarge),
      },
      65_535,
    );
    framer.push(message("a") + message("b"));
    assert.equal(sink.messages.length, 1);
  });

  test("the serial number changes with each message begun", () => {
    const { framer } = setUp();
    const text = message("abc");
    framer.push(text.slice(0, 10));
    const first = framer.serial;
    framer.push(text.slice(10, 20));
    assert.equal(framer.serial, first);
    framer.push(text.slice(20) + text.slice(0, 5));
    assert.notEqual(framer.serial, first);
    assert.equal(framer.isIdle, false);
  });

  test("64 KiB byte by byte cost linear work: well under 100 ms", () => {
    const { sink, framer } = setUp();
    const text = message("x".repeat(30_000), `X-Long: ${"y\r\n ".repeat(7000)}\r\n`);
    const bytes = [...text];
    const start = performance.now();
    for (const byte of bytes) framer.push(byte);
    const took = performance.now() - start;
    assert.deepEqual(sink.messages, [text]);
    assert.ok(took < 100, `took ${took} ms`);
  });
});
