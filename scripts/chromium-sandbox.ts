import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Why Chromium's sandbox can't work for a program in this folder, in words; undefined where it can. It needs a user who is not root, and either
 * user namespaces or its helper `chrome-sandbox` owned by root with the set-uid bit.
 */
export function noSandboxReason(folder: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  if (process.getuid?.() === 0) return 'Chromium has no sandbox for root';
  if (hasSetUidHelper(folder) || hasUserNamespaces()) return undefined;
  return 'this system gives programs no user namespaces';
}

function hasSetUidHelper(folder: string): boolean {
  const stat = statSync(join(folder, 'chrome-sandbox'), { throwIfNoEntry: false });
  return stat !== undefined && stat.uid === 0 && (stat.mode & 0o4000) !== 0;
}

/** Debian's old switch and Ubuntu's newer one; a kernel that has neither allows them. */
const hasUserNamespaces = () =>
  setting('/proc/sys/kernel/unprivileged_userns_clone') !== '0' &&
  setting('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') !== '1';

function setting(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
