import { z } from 'zod';
import { GatewayProfile, Settings, Tab, TerminalSettings } from '../ipc/app-state.ts';
import type { KeyValueFile } from './key-value-file.ts';

const Bounds = z.object({
  x: z.int().optional(),
  y: z.int().optional(),
  width: z.int().min(400),
  height: z.int().min(300),
  maximized: z.boolean(),
});
export type Bounds = z.infer<typeof Bounds>;

const DEFAULT_TERMINAL: TerminalSettings = {
  fontSize: 13,
  scrollback: 10_000,
  bell: true,
  screenReader: false,
};
const Common = Settings.pick({
  theme: true,
  resourceView: true,
  sidebarCollapsed: true,
  notifications: true,
  // Files of versions without terminals don't have it.
}).extend({ terminal: TerminalSettings.default(DEFAULT_TERMINAL) });
const OfGateway = Settings.pick({ favourites: true, recents: true, ports: true });
const Tabs = z.object({ open: z.array(Tab), active: z.string().optional() });
export type SavedTabs = z.infer<typeof Tabs>;

const DEFAULT_COMMON: z.infer<typeof Common> = {
  theme: 'system',
  resourceView: 'list',
  sidebarCollapsed: false,
  notifications: true,
  terminal: DEFAULT_TERMINAL,
};
const noSettings = (): z.infer<typeof OfGateway> => ({ favourites: [], recents: [], ports: {} });

/**
 * What survives a restart, without secrets: gateway profiles, settings, tabs, the window's place. A file that
 * an older or newer version wrote is read as far as it is understood; the rest falls back to defaults.
 */
export class SavedState {
  readonly #file: KeyValueFile;

  constructor(file: KeyValueFile) {
    this.#file = file;
  }

  get gateways(): readonly GatewayProfile[] {
    return this.#read('gateways', z.array(GatewayProfile), []);
  }
  set gateways(profiles: readonly GatewayProfile[]) {
    this.#file.set('gateways', profiles);
  }

  get activeGateway(): string | undefined {
    return this.#read('activeGateway', z.string().optional(), undefined);
  }
  set activeGateway(id: string | undefined) {
    if (id === undefined) this.#file.delete('activeGateway');
    else this.#file.set('activeGateway', id);
  }

  /** The common settings and those of one gateway's resources, as one. */
  settings(gateway: string | undefined): Settings {
    const common = this.#read('settings', Common, DEFAULT_COMMON);
    return { ...common, ...(gateway === undefined ? noSettings() : this.#ofGateway(gateway)) };
  }

  saveSettings(gateway: string | undefined, settings: Settings): void {
    this.#file.set('settings', Common.parse(settings));
    if (gateway !== undefined) this.#file.set(`gateway:${gateway}`, OfGateway.parse(settings));
  }

  /** Keeps a local port for `resource/profile` of a gateway. */
  savePort(gateway: string, key: string, port: number): void {
    const settings = this.#ofGateway(gateway);
    this.#file.set(`gateway:${gateway}`, { ...settings, ports: { ...settings.ports, [key]: port } });
  }

  tabs(gateway: string): SavedTabs {
    return this.#read(`tabs:${gateway}`, Tabs, { open: [] });
  }
  saveTabs(gateway: string, tabs: SavedTabs): void {
    this.#file.set(`tabs:${gateway}`, tabs);
  }

  forgetGateway(gateway: string): void {
    this.#file.delete(`gateway:${gateway}`);
    this.#file.delete(`tabs:${gateway}`);
  }

  get window(): Bounds | undefined {
    return this.#read('window', Bounds.optional(), undefined);
  }
  set window(bounds: Bounds | undefined) {
    if (bounds !== undefined) this.#file.set('window', bounds);
  }

  /** Whether the person was told once that closing the window keeps tunnels open. */
  get toldAboutTray(): boolean {
    return this.#read('toldAboutTray', z.boolean(), false);
  }
  set toldAboutTray(told: boolean) {
    this.#file.set('toldAboutTray', told);
  }

  #ofGateway(gateway: string): z.infer<typeof OfGateway> {
    return this.#read(`gateway:${gateway}`, OfGateway, noSettings());
  }

  #read<S extends z.ZodType>(key: string, schema: S, fallback: z.output<S>): z.output<S> {
    const value = this.#file.get(key);
    if (value === undefined) return fallback;
    const parsed = schema.safeParse(value);
    return parsed.success ? parsed.data : fallback;
  }
}
