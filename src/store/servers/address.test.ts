import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DialoomError } from "../../kit/index.ts";
import { parseServerUrl, withoutPassword } from "./address.ts";

test("URLs of servers, as scripts and settings write them", () => {
  const { host, port, user, password, database, dialect } = parseServerUrl("mysql://opensips:opensipsrw@localhost/opensips");
  assert.deepEqual(
    { host, port, user, password, database, dialect },
    { host: "localhost", port: 3306, user: "opensips", password: "opensipsrw", database: "opensips", dialect: "mysql" },
  );
  const full = parseServerUrl("postgresql://a%40b:p%40%3A%2F%23@[2001:db8::1]:6000/calls%20of%20us?sslmode=require");
  assert.equal(full.dialect, "postgres");
  assert.equal(full.host, "2001:db8::1");
  assert.equal(full.port, 6000);
  assert.deepEqual([full.user, full.password, full.database], ["a@b", "p@:/#", "calls of us"]);
  assert.equal(full.tls?.rejectUnauthorized, false);
  assert.equal(parseServerUrl("postgres://u@/db?host=/run/postgresql").socket, "/run/postgresql");
  assert.equal(parseServerUrl("mysql://u@/db?socket=/run/mysqld/mysqld.sock").socket, "/run/mysqld/mysqld.sock");
  assert.equal(parseServerUrl("mysql://u:p@ss@h/db").password, "p@ss", "the last @ ends the password");
  assert.equal(parseServerUrl("mysql://u@h/db?pipeline=off").isPipelined, false);
  assert.equal(parseServerUrl("mysql://u@h/db").isPipelined, true);
  assert.equal(parseServerUrl("mysql://h/db").user, "opensips", "the account that OpenSIPS takes");
});

test("a wrong URL is refused with what to write instead, and without its password", () => {
  const wrong: readonly (readonly [url: string, says: RegExp])[] = [
    ["mysql://u:topsecret@host", /does not name a database: write mysql:\/\/user:password@host:3306\/database/],
    ["postgres://u:topsecret@host:port/db", /cannot be read/],
    ["postgres://u:top/secret#topsecret@host/db", /cannot be read|does not name a database/],
    ["mysql:u:topsecret@host/db", /cannot be read/],
    ["mysql://u:topsecret%@host/db", /not well escaped/],
    ["mysql://u:topsecret@host/db?charset=latin1", /unknown parameter "charset": known are socket/],
    ["postgres://u:topsecret@host/db?sslmode=maybe", /sslmode=maybe is unknown: write disable, require/],
    ["postgres://u:topsecret@host/db?sslmode=verify-full&sslrootcert=/no/such/file", /certificate \/no\/such\/file .* cannot be read/],
    ["oracle://u:topsecret@host/db", /oracle:\/\/u@host\/db is not the URL of a database server/],
  ];
  for (const [url, says] of wrong) {
    assert.throws(
      () => parseServerUrl(url),
      (error) => error instanceof DialoomError && says.test(error.message) && !error.message.includes("topsecret"),
      url,
    );
  }
});

test("no password survives in what people see, whatever characters it has", () => {
  const password = fc
    .string({ minLength: 4, maxLength: 20 })
    .filter((text) => /^[!-~]{4,}$/.test(text) && !"mysql://user@host:3306/database".includes(text));
  fc.assert(
    fc.property(password, (secret) => {
      const shown = withoutPassword(`mysql://user:${secret}@host:3306/database`);
      assert.equal(shown, "mysql://user@host:3306/database");
    }),
  );
  assert.equal(withoutPassword("postgres://h/db?password=abc&x=1"), "postgres://h/db?password=…&x=1");
  assert.equal(withoutPassword("dialogs.db"), "dialogs.db");
  assert.equal(withoutPassword("mysql:user:abc@host/db"), "mysql:");
  assert.equal(withoutPassword("user:abc@host"), "user:");
});
