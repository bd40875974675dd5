/** The environment of a trainer's process. */

/**
 * glibc gives tensors of more than 32 MB back to the kernel after each op and pays for fresh pages at the next; kept
 * and in huge pages they are
 * reused. glibc reads this when a process starts, so the trainer cannot set it for itself. What the user has set stays.
 */
export const allocator =
  'glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=100000000000:glibc.malloc.top_pad=268435456:glibc.malloc.hugetlb=1'

/** Of a child of this engine: not part of a scheduler's job that the engine itself may run in. */
export function trainerEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('SLURM_')))
  const asNode = process.versions.electron === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' }
  return { GLIBC_TUNABLES: allocator, ...own, ...asNode }
}
