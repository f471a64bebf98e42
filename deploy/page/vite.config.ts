import { defineConfig } from 'vite';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    // Its Content-Security-Policy lets the page load what its own origin serves, and nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
