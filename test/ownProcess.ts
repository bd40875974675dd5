/** Tests that need a process of their own; all others without TensorFlow share two (the project `logic`). */

/** Folders of test/unit that start or end processes, break files under a running engine, or change the environment. */
export const ownProcessFolders = [
  'cli',
  'control/executors',
  'datasets/download',
  'electron',
  'faults',
  'host',
  'machine',
  'package',
  'runtime',
  'server',
  'setup',
  'store',
  'supply',
  'tools',
  'torture',
]

export const ownProcessFiles = [
  // Its engine dies in the middle of its work.
  'test/unit/control/runs/durableEnds.test.ts',
  // What the others measure, others' memory would be in.
  'test/unit/control/studies/expand.test.ts',
  'test/unit/control/studies/file.test.ts',
  'test/unit/control/studies/speed.test.ts',
  'test/unit/domain/pivot/pivot.test.ts',
  'test/unit/random/stream.test.ts',
]
