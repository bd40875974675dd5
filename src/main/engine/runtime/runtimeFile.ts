/** Where the set-up put TensorFlow: the small file runtime.json in the per-user cache. */
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../../../shared/errors'

const runtimeDescription = z.object({
  format: z.literal(1),
  variant: z.enum(['cpu', 'gpu']),
  tensorFlowVersion: z.string(),
  nodeApiVersion: z.number(),
  /** Absolute path of tfjs_binding.node. */
  binding: z.string(),
  tensorFlowDirectory: z.string(),
  libraries: z.array(z.object({ name: z.string(), version: z.string() })),
})
export type RuntimeDescription = z.infer<typeof runtimeDescription>

/**
 * `ABD_RUNTIME`, else runtime.json under `$XDG_CACHE_HOME/abd-workbench` (tools/setup/paths.mjs writes to the same
 * place).
 */
export function runtimeFilePath(environment: Record<string, string | undefined> = process.env): string {
  if (environment.ABD_RUNTIME) return environment.ABD_RUNTIME
  const configured = environment.XDG_CACHE_HOME
  const base = configured && isAbsolute(configured) ? configured : join(environment.HOME ?? homedir(), '.cache')
  return join(base, 'abd-workbench', 'runtime.json')
}

/** Reads runtime.json and checks that the binding is there; a UserError says how to set up again. */
export function readRuntimeDescription(file = runtimeFilePath()): RuntimeDescription {
  const action = 'run "node tools/setup.mjs" in the project folder (npm start does it too)'
  if (!existsSync(file)) {
    throw new UserError('The TensorFlow runtime is not set up.', {
      wanted: "the set-up's runtime.json",
      got: 'no such file',
      where: file,
      action,
    })
  }
  let description: RuntimeDescription
  try {
    description = runtimeDescription.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new UserError("The TensorFlow runtime's description cannot be read.", { where: file, action, cause: error })
  }
  if (!existsSync(description.binding)) {
    throw new UserError('The TensorFlow runtime is incomplete.', {
      wanted: description.binding,
      got: 'no such file',
      where: file,
      action,
    })
  }
  return description
}
