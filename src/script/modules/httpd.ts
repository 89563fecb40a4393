// httpd: where HTTP is served. Nothing listens before a module that serves something over it (mi_http) is loaded.
import { IntParameter, type ModuleFactory, TextParameter } from "../module.ts";

/** The module. Its options are the address; `mi_http` says that it is wanted. */
export const httpd: ModuleFactory = () => {
  // the reference listens everywhere unless told otherwise: here only this machine gets in by default
  const ip = new TextParameter("ip", "127.0.0.1");
  const port = new IntParameter("port", 8888, 0, 65_535);
  const isOpen = (): boolean => !ip.value.startsWith("127.") && ip.value !== "::1" && ip.value !== "localhost";
  return {
    name: "httpd",
    parameters: [ip, port],
    functions: [],
    variables: [],
    warnings: () =>
      ip.isSet && isOpen()
        ? [`httpd listens on ${ip.value}: whoever reaches port ${port.value} there can use the management interface`]
        : [],
    options: () => {
      const host = ip.value === "*" ? "0.0.0.0" : ip.value;
      const address = `${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port.value}`;
      // what a script says of itself is obeyed (decision 27)
      return isOpen() ? { httpd: address, miAllowInsecure: true } : { httpd: address };
    },
  };
};
