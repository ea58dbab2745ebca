// Node's own modules, as far as they are used, so that the compiler needs no package besides itself.
declare module "node:crypto";
declare module "node:child_process";
declare module "node:fs";
declare module "node:fs/promises";
declare module "node:http";
declare module "node:https";
declare module "node:net";
declare module "node:os";
declare module "node:path";
declare module "node:stream";
declare module "node:zlib";
declare const Buffer: any;
declare const process: any;
declare function setTimeout(callback: () => void, milliseconds?: number): any;
declare function clearTimeout(timer: any): void;
declare function setImmediate(callback: () => void): any;
declare class URL {
  constructor(text: string);
  readonly protocol: string;
  readonly hostname: string;
  readonly port: string;
  readonly pathname: string;
  readonly username: string;
  readonly search: string;
  readonly hash: string;
}
