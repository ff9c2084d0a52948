import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { xtermStyles } from './xterm-styles.ts';

/**
 * The page: built to plain files that the app's own scheme serves. No inline script, no inline style and no
 * data: URL comes out of it, so that the content security policy needs no exception for any of them.
 */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [react(), xtermStyles()],
  // Workspace packages are built from their source, like everywhere else in the repository.
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  build: {
    outDir: '../out/renderer',
    emptyOutDir: true,
    target: 'chrome130',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
  server: { host: '127.0.0.1' },
});
