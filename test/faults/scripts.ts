/** The programs that processes of these tests run. */
import { join } from 'node:path'

export const entries = {
  preload: 'test/faults/preload.ts',
  smallTrainer: 'test/faults/smallTrainer.ts',
  control: 'test/fakes/control.ts',
} as const

/** A folder in which they lie bundled; without it each is bundled when it is wanted. */
export const scriptsVariable = 'ABD_FAULT_SCRIPTS'

export async function scriptOf(name: keyof typeof entries): Promise<string> {
  const folder = process.env[scriptsVariable]
  if (folder !== undefined) return join(folder, `${name}.cjs`)
  const { bundle } = await import('../fixtures/bundle')
  return bundle(entries[name])
}
