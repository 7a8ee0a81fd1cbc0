import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

/** The pages of the admin listener: one script, one style sheet, nothing inline, so that the strictest CSP holds. */
export default defineConfig({
  root: import.meta.dirname,
  base: "/",
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: false })],
  build: {
    outDir: "../dist/web",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  logLevel: "warn",
});
