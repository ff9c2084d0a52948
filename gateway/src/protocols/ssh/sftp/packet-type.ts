/** Numbers of SFTP version 3 (draft-ietf-secsh-filexfer-02 sections 3 and 7). */

export const Request = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  extended: 200,
} as const;

export const Reply = {
  version: 2,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attrs: 105,
  extended: 201,
} as const;

export const Status = {
  ok: 0,
  eof: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  unsupported: 8,
} as const;

/** Flags of OPEN (section 6.3). Those other than `read` change something. */
export const OpenFlag = {
  read: 0x01,
  write: 0x02,
  append: 0x04,
  create: 0x08,
  truncate: 0x10,
  exclusive: 0x20,
} as const;

export const SFTP_VERSION = 3;

/** Length word and type byte: with them a packet's size is known and can be judged. */
export const PACKET_HEADER = 5;

/** Largest packet with contents of a file: OpenSSH's 256 KiB of data, and what stands around it. */
export const MOST_DATA_PACKET = 257 * 1024;
/** Largest packet of any other request: what the draft (section 3) asks every server to take. */
export const MOST_REQUEST = 34_000;
