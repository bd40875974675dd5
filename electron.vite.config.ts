import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig, externalizeDepsPlugin } from 'electron-vite'

const entry = (path: string): string => resolve(import.meta.dirname, path)

// Main-side code is CommonJS for Node 16 syntax: the oldest Electron that the tests drive brings Node 16; control,
// trainer and command line run in an outside Node.
export default defineConfig({
  main: {
    plugins: [externalizeDepsPlugin()],
    build: {
      target: 'node16',
      rollupOptions: {
        input: {
          index: entry('src/main/index.ts'),
          control: entry('src/main/engine/entries/control.ts'),
          trainer: entry('src/main/engine/entries/trainer.ts'),
          dataReader: entry('src/main/engine/entries/dataReader.ts'),
          inspector: entry('src/main/engine/entries/inspector.ts'),
          cli: entry('src/main/cli/index.ts'),
          serve: entry('src/main/server/index.ts'),
        },
        output: { format: 'cjs', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    plugins: [externalizeDepsPlugin()],
    build: {
      target: 'node16',
      rollupOptions: {
        input: { preload: entry('src/main/electron/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].js' },
      },
    },
  },
  renderer: {
    root: entry('src/renderer'),
    plugins: [vue()],
    resolve: {
      alias: {
        '@shared': entry('src/shared'),
        '@renderer': entry('src/renderer'),
        // What jspdf wants for HTML and pictures; no chart has any (docs/decisions.md, Interface).
        ...Object.fromEntries(
          ['html2canvas', 'canvg', 'dompurify'].map((name) => [name, entry('src/renderer/charts/export/leftOut.ts')]),
        ),
      },
    },
    build: { target: 'chrome108', minify: 'esbuild', rollupOptions: { input: entry('src/renderer/index.html') } },
  },
})
