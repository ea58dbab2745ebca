// Addresses within this log's own pages, wherever a proxy serves them.

/** What comes before every path of this server: empty at the root, “/audit” with --base-path /audit. */
export const BASE = new URL('..', import.meta.url).pathname.replace(/\/$/, '');

/** The address of a path of this server. */
export const toAddress = (path) => (path.startsWith('/') ? BASE + path : path);

/** The path of this server that an address leads to; a slash at its end means nothing. */
export const toPath = (pathname) => pathname.slice(BASE.length).replace(/\/+$/, '') || '/';
