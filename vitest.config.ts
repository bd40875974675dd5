import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { ownProcessFiles, ownProcessFolders } from './test/ownProcess'

const alias = {
  '@shared': fileURLToPath(new URL('./src/shared', import.meta.url)),
  '@renderer': fileURLToPath(new URL('./src/renderer', import.meta.url)),
}
const needsTensorFlow = ['test/**/*.tf.test.ts']
const needsOwnProcess = [...ownProcessFiles, ...ownProcessFolders.map((folder) => `test/unit/${folder}/**/*.test.ts`)]

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        extends: true,
        // Some start real processes: seconds on a busy machine. Two at once also where there are two cores: most wait.
        test: {
          name: 'unit',
          environment: 'node',
          maxWorkers: 2,
          include: needsOwnProcess,
          exclude: needsTensorFlow,
          testTimeout: 30_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        // In the same two processes, one after the other: the modules of the engine are loaded once, which takes longer
        // than most tests. test/unit/layers/processes.test.ts says what such a test may not do.
        test: {
          name: 'logic',
          environment: 'node',
          maxWorkers: 2,
          isolate: false,
          setupFiles: ['test/fixtures/leftovers.ts'],
          include: ['test/unit/**/*.test.ts', 'test/contract/**/*.test.ts', 'test/examples/**/*.test.ts'],
          exclude: [...needsTensorFlow, ...needsOwnProcess],
          testTimeout: 30_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        plugins: [vue()],
        // Each test mounts the whole application: seconds on a busy machine.
        test: {
          name: 'view',
          environment: 'happy-dom',
          include: ['test/view/**/*.test.ts'],
          exclude: needsTensorFlow,
          testTimeout: 30_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        // A fork for each file: TensorFlow's settings are read once per process. Two at once: tiny steps leave a core
        // idle.
        test: {
          name: 'tf',
          environment: 'node',
          include: [...needsTensorFlow, 'test/parity/**/*.test.ts'],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        // On a real Slurm cluster of two virtual nodes, which share this machine's cores.
        test: {
          name: 'slurm',
          environment: 'node',
          include: ['test/slurm/**/*.slurm.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        // As long as it is told: kills and the like, far more of them than `npm test` has.
        test: {
          name: 'torture',
          environment: 'node',
          include: ['test/torture/**/*.torture.ts'],
          fileParallelism: false,
          testTimeout: 0,
          hookTimeout: 0,
        },
      },
      {
        extends: true,
        // Needs a Python with TensorBoard or MLflow; `npm run test:python` runs it and skips what that Python lacks.
        test: {
          name: 'python',
          environment: 'node',
          include: ['test/python/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        // Needs a Python with PyTorch; `npm run test:torch` runs it, `npm test` does not.
        test: {
          name: 'torch',
          environment: 'node',
          include: ['test/torch/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
