// uac_auth: who we are to other realms (side-modules 4.1). The functions that use it are those of `uac`.
import { type Credential, parseCredential } from "../../auth/index.ts";
import { ListParameter, type ModuleFactory, TextParameter } from "../module.ts";
import { TransactionScope } from "../run.ts";
import { textOf } from "../values.ts";
import { avpName } from "./avp-name.ts";

const MODULE = "uac_auth";

/** The module `uac_auth`. */
export const uacAuth: ModuleFactory = () => {
  const credentials = new ListParameter("credential", (text) => {
    const parsed = parseCredential(text);
    return parsed.ok ? undefined : parsed.fault;
  });
  const realm = new TextParameter("auth_realm_avp");
  const user = new TextParameter("auth_username_avp");
  const password = new TextParameter("auth_password_avp");
  const avps = [realm, user, password];
  return {
    name: MODULE,
    parameters: [credentials, realm, user, password],
    functions: [],
    variables: [],
    check: () => {
      const problems: string[] = [];
      for (const one of avps) {
        if (one.isSet && avpName(one.value) === undefined) problems.push(`${MODULE}: ${one.name} is not an AVP: <${one.value}>`);
      }
      const count = avps.filter((one) => one.isSet).length;
      if (count === 1 || count === 2) problems.push(`${MODULE}: auth_realm_avp, auth_username_avp and auth_password_avp belong together`);
      return problems;
    },
    attach: (services) => {
      const list: Credential[] = [];
      for (const text of credentials.values) {
        const parsed = parseCredential(text);
        if (parsed.ok) list.push(parsed.value);
      }
      const [realmName, userName, passwordName] = avps.map((one) => (one.isSet ? avpName(one.value) : undefined));
      const hasAvps = realmName !== undefined && userName !== undefined && passwordName !== undefined;
      services.app.auth.configure({
        credentials: list,
        personal: hasAvps ? ({ scope }) => fromAvps(scope, realmName, userName, passwordName) : undefined,
      });
    },
  };
};

/** The credential that a script has put into AVPs; undefined unless all three are there. */
function fromAvps(scope: unknown, realmName: string, userName: string, passwordName: string): Credential | undefined {
  if (!(scope instanceof TransactionScope)) return undefined;
  const realm = textOf(scope.avps.get(realmName));
  const user = textOf(scope.avps.get(userName));
  const password = textOf(scope.avps.get(passwordName));
  return realm === undefined || user === undefined || password === undefined ? undefined : { realm, user, password };
}
