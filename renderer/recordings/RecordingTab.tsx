export function RecordingTab(_props: { readonly tab: unknown }) {
  return null;
}
