import {
  Menu,
  type MenuItemConstructorOptions,
  type NativeImage,
  nativeImage,
  nativeTheme,
  Tray,
} from 'electron';
import dark1 from '../assets/tray.png';
import dark2 from '../assets/tray-2x.png';
import darkIdle1 from '../assets/tray-idle.png';
import darkIdle2 from '../assets/tray-idle-2x.png';
import light1 from '../assets/tray-light.png';
import light2 from '../assets/tray-light-2x.png';
import lightIdle1 from '../assets/tray-light-idle.png';
import lightIdle2 from '../assets/tray-light-idle-2x.png';
import type { TrayAction, TrayFace, TrayItem } from './tray-menu.ts';

/** The icon beside the clock, with its menu. Some Linux desktops show none; the app works without it. */
export class AppTray {
  readonly #act: (action: TrayAction) => void;
  readonly #tray: Tray | undefined;
  #shown = '';

  constructor(act: (action: TrayAction) => void) {
    this.#act = act;
    this.#tray = makeTray();
    this.#tray?.on('click', () => act({ type: 'open' }));
  }

  /** Shows a menu and a face; what is shown already isn't touched, so that an open menu stays open. */
  update(items: readonly TrayItem[], face: TrayFace): void {
    if (this.#tray === undefined) return;
    const shown = JSON.stringify([items, face, nativeTheme.shouldUseDarkColors]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#tray.setImage(icon(face.tone));
    this.#tray.setToolTip(face.tooltip);
    if (process.platform === 'darwin') this.#tray.setTitle(face.title, { fontType: 'monospacedDigit' });
    this.#tray.setContextMenu(Menu.buildFromTemplate(items.map((item) => this.#template(item))));
  }

  destroy(): void {
    this.#tray?.destroy();
  }

  #template(item: TrayItem): MenuItemConstructorOptions {
    switch (item.kind) {
      case 'separator':
        return { type: 'separator' };
      case 'text':
        return { label: literal(item.label), enabled: false };
      case 'menu':
        return { label: literal(item.label), submenu: item.items.map((inner) => this.#template(inner)) };
      case 'item':
        return {
          label: literal(item.label),
          click: () => this.#act(item.action),
          ...(item.checked === undefined ? {} : { type: 'radio' as const, checked: item.checked }),
        };
      default:
        return item satisfies never;
    }
  }
}

/** An ampersand would mark an access key. */
const literal = (label: string): string => label.replaceAll('&', '&&');

function makeTray(): Tray | undefined {
  try {
    return new Tray(icon('idle'));
  } catch {
    return undefined;
  }
}

function icon(tone: TrayFace['tone']): NativeImage {
  const idle = tone === 'idle';
  // macOS colours a template itself. Panels of Linux desktops are dark nearly everywhere; Windows says which.
  const light =
    process.platform === 'linux' || (process.platform === 'win32' && nativeTheme.shouldUseDarkColors);
  const [one, two] = light
    ? idle
      ? [lightIdle1, lightIdle2]
      : [light1, light2]
    : idle
      ? [darkIdle1, darkIdle2]
      : [dark1, dark2];
  const image = nativeImage.createFromDataURL(one);
  image.addRepresentation({ scaleFactor: 2, dataURL: two });
  if (process.platform === 'darwin') image.setTemplateImage(true);
  return image;
}
