import { defineConfig } from "vite";

// The service fills in the nonce for each answer; CodeMirror needs it for its style sheets.
export default defineConfig({
  base: "/",
  html: { cspNonce: "__NONCE__" },
  build: { outDir: "../ui", emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 1500 },
  server: { proxy: { "/api": "http://127.0.0.1:8090" } },
});
