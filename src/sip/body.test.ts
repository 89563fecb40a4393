import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { asRequest, invite } from "./harness.ts";
import { addBodyPart, bodyParts, bodyPartText, changeBodyParts, edit, hasBodyPart, isMime, keepBodyParts, mimeOf } from "./index.ts";

const MIXED = 'multipart/mixed; boundary="b 1"';
const TWO = [
  "preamble, not shown",
  "--b 1",
  "Content-Type: application/sdp",
  "Content-Disposition: session",
  "",
  "v=0",
  "o=- 1 1 IN IP4 10.0.0.1",
  "--b 1",
  "content-type : text/plain",
  "",
  "hello",
  "--b 1--",
  "epilogue",
].join("\r\n");

describe("the kind of a body", () => {
  test("is type and subtype, without parameters and case", () => {
    assert.equal(mimeOf("Application/SDP ; charset=x"), "application/sdp");
    for (const bad of [undefined, "", "sdp", "/x", "a/", "a b/c", "a/b/c"]) assert.equal(mimeOf(bad), "");
  });
  test("may be asked for with any subtype", () => {
    assert.ok(isMime("multipart/related;boundary=x", "multipart/*"));
    assert.ok(!isMime("text/plain", "multipart/*"));
    assert.ok(!isMime("", "*/*"));
  });
});

describe("parts of a body (RFC 2046 section 5.1)", () => {
  test("stand between the delimiters; line ends before a delimiter are not theirs", () => {
    const parts = bodyParts(MIXED, TWO);
    assert.deepEqual(
      parts.map((part) => [part.contentType, part.headers, part.body]),
      [
        ["application/sdp", "Content-Disposition: session\r\n", "v=0\r\no=- 1 1 IN IP4 10.0.0.1"],
        ["text/plain", "", "hello"],
      ],
    );
    for (const part of parts) assert.equal(TWO.slice(part.from, part.from + part.body.length), part.body);
  });
  test("are one where there is no boundary, none where there is no body", () => {
    assert.deepEqual(bodyParts("text/plain", "x"), [{ contentType: "text/plain", headers: "", body: "x", from: 0 }]);
    assert.equal(bodyParts("multipart/mixed", "x").length, 1);
    assert.equal(bodyParts("multipart/mixed;boundary=q", "no delimiter").length, 1);
    assert.deepEqual(bodyParts("text/plain", ""), []);
  });
  test("reach to the end where the last delimiter is missing", () => {
    assert.deepEqual(
      bodyParts("multipart/mixed;boundary=q", "--q\n\nx\n--q\n\ny\n").map((part) => part.body),
      ["x", "y\n"],
    );
  });
});

describe("changes of parts", () => {
  const plain = "v=0\r\n";
  test("a second part makes a body multipart, and takes along what described the first", () => {
    const change = edit(asRequest(invite({ Disposition: "Content-Disposition: session;handling=required" }, plain)));
    addBodyPart(change, "hi", "text/plain", "Content-ID: <1>\r\n");
    const out = asRequest(change.serialise());
    assert.match(out.contentType ?? "", /^multipart\/mixed;boundary=part-[0-9a-f]+$/);
    assert.equal(out.header("Content-Disposition"), undefined);
    assert.deepEqual(
      bodyParts(out.contentType, out.body).map((part) => [part.contentType, part.headers, part.body]),
      [
        ["application/sdp", "Content-Disposition: session;handling=required\r\n", plain],
        ["text/plain", "Content-ID: <1>\r\n", "hi"],
      ],
    );
    assert.equal(out.header("Content-Length"), String(out.body.length));
  });
  test("the first part of a message without a body is its body", () => {
    const change = edit(asRequest(invite({ "Content-Type": undefined }, "")));
    assert.ok(!hasBodyPart(change));
    addBodyPart(change, "hi", "text/plain");
    addBodyPart(change, "ho", "text/html");
    const out = asRequest(change.serialise());
    assert.equal(out.values("Content-Type").length, 1);
    assert.deepEqual(
      bodyParts(out.contentType, out.body).map((part) => part.body),
      ["hi", "ho"],
    );
  });
  test("where one is left it becomes the body; where none is left, the Content-Type goes", () => {
    const message = asRequest(invite({ "Content-Type": `Content-Type: ${MIXED}` }, TWO));
    const change = edit(message);
    assert.ok(hasBodyPart(change, "text/plain"));
    assert.ok(hasBodyPart(change, "multipart/mixed"));
    assert.ok(!keepBodyParts(change, () => true));
    assert.ok(keepBodyParts(change, (type) => !isMime(type, "text/plain")));
    let out = asRequest(change.serialise());
    assert.equal(out.contentType, "application/sdp");
    assert.equal(out.header("Content-Disposition"), "session");
    assert.equal(out.body, "v=0\r\no=- 1 1 IN IP4 10.0.0.1");
    assert.ok(keepBodyParts(change, () => false));
    out = asRequest(change.serialise());
    assert.equal(out.contentType, undefined);
    assert.equal(out.body, "");
    assert.equal(out.header("Content-Length"), "0");
  });
  test("a part is changed in its place", () => {
    const change = edit(asRequest(invite({ "Content-Type": `Content-Type: ${MIXED}` }, TWO)));
    assert.ok(changeBodyParts(change, "application/sdp", (text) => text.replace("10.0.0.1", "192.0.2.1")));
    assert.equal(asRequest(change.serialise()).body, TWO.replace("10.0.0.1", "192.0.2.1"));
    assert.equal(bodyPartText(change, "application/sdp"), "v=0\r\no=- 1 1 IN IP4 192.0.2.1");
    assert.ok(!changeBodyParts(change, "image/png", () => "x"));
  });
  test("a Content-Type removed after a new body stays away", () => {
    const change = edit(asRequest(invite())).setBody("x", "text/plain").remove("c");
    const out = asRequest(change.serialise());
    assert.equal(out.contentType, undefined);
    assert.equal(out.body, "x");
  });
});
