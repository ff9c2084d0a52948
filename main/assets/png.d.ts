/** Pictures are built in, as `data:` URLs. */
declare module '*.png' {
  const url: string;
  // biome-ignore lint/style/noDefaultExport: this is how the bundler hands them over.
  export default url;
}
