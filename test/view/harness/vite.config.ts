/** Builds the harness page: `npx vite build -c test/view/harness/vite.config.ts`. */
import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const root = resolve(import.meta.dirname, '../../..')
export default defineConfig({
  root: import.meta.dirname,
  plugins: [vue()],
  resolve: {
    alias: {
      '@shared': resolve(root, 'src/shared'),
      '@renderer': resolve(root, 'src/renderer'),
      ...Object.fromEntries(
        ['node:crypto', 'node:fs', 'node:path'].map((name) => [name, resolve(import.meta.dirname, 'nodeParts.ts')]),
      ),
    },
  },
  base: './',
  build: { target: 'chrome108', outDir: resolve(root, 'out/harness'), emptyOutDir: true, reportCompressedSize: false },
})
