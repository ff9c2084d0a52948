/** Permissions that a page may ask for and get. Everything that isn't `true` here is refused. */
const ALLOWED: Readonly<Record<string, { readonly allow: boolean; readonly reason: string }>> = {
  'clipboard-read': { allow: false, reason: 'what is on the clipboard may be a secret of another program' },
  'clipboard-sanitized-write': {
    allow: false,
    reason: 'copying goes through clipboard.write, which main can see',
  },
  'deprecated-sync-clipboard-read': { allow: false, reason: 'as clipboard-read' },
  'display-capture': { allow: false, reason: 'the app never looks at the screen' },
  fileSystem: { allow: false, reason: 'files are saved by main, where the person says' },
  fullscreen: { allow: false, reason: 'a page that fills the screen can pretend to be something else' },
  geolocation: { allow: false, reason: 'not used' },
  hid: { allow: false, reason: 'not used' },
  'idle-detection': { allow: false, reason: 'not used' },
  keyboardLock: { allow: false, reason: 'it would take away the ways out of the window' },
  'local-fonts': { allow: false, reason: 'fonts are bundled' },
  media: { allow: false, reason: 'no camera, no microphone' },
  mediaKeySystem: { allow: false, reason: 'not used' },
  midi: { allow: false, reason: 'not used' },
  midiSysex: { allow: false, reason: 'not used' },
  notifications: { allow: false, reason: 'main shows them, with its own words' },
  openExternal: { allow: false, reason: 'only main opens a browser, and only for a sign-in' },
  pointerLock: { allow: false, reason: 'not used' },
  serial: { allow: false, reason: 'not used' },
  'storage-access': { allow: false, reason: 'not used' },
  usb: { allow: false, reason: 'not used' },
  'window-management': { allow: false, reason: 'main owns the windows' },
};

export const mayUse = (permission: string): boolean =>
  Object.hasOwn(ALLOWED, permission) && ALLOWED[permission]?.allow === true;
