import type { Refusal } from './plan.ts';

/** What changing a setting comes to. `exec`: whoever may do this acts as somebody else, or loads code. */
export type SettingEffect = 'session' | 'exec' | Refusal;

/** They make the session act as another role, load libraries, or switch off what the schema enforces. */
const powerful = new Set([
  'role',
  'session_authorization',
  'session_replication_role',
  'session_preload_libraries',
  'local_preload_libraries',
  'shared_preload_libraries',
  'jit_provider',
  'dynamic_library_path',
  'extension_control_path',
  'allow_system_table_mods',
  'allow_in_place_tablespaces',
  'lo_compat_privileges',
  'ignore_system_indexes',
  'ignore_checksum_failure',
  'zero_damaged_pages',
]);

/** Values with which the gateway and the server read a text alike. */
const required: Readonly<Record<string, { readonly values: ReadonlySet<string>; readonly want: string }>> = {
  client_encoding: { values: new Set(['utf8', 'unicode']), want: 'UTF8' },
  standard_conforming_strings: { values: new Set(['on', 'true', 'yes', '1', 't']), want: 'on' },
};

/**
 * Judges SET name = value, set_config(name, value) and their like.
 * @param value undefined where it isn't a constant; `default` for DEFAULT and RESET, which go back to what the
 *   gateway set when it dialled.
 */
export function judgeSetting(name: string, value: string | 'default' | undefined): SettingEffect {
  const setting = name.toLowerCase();
  if (powerful.has(setting)) {
    const harmless = value === 'default' || (setting === 'role' && value?.toLowerCase() === 'none');
    return harmless ? 'session' : 'exec';
  }
  const rule = Object.hasOwn(required, setting) ? required[setting] : undefined;
  if (!rule || value === 'default') return 'session';
  const normal = value?.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (normal !== undefined && rule.values.has(normal)) return 'session';
  return {
    sqlstate: '42501',
    message: `${setting} must stay ${rule.want}, or the gateway and the server would read statements differently`,
    hint: `Use ${setting} = ${rule.want} and let the client convert.`,
  };
}
