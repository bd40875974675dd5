/** Where the set-up put TensorFlow: the small file runtime.json in the per-user cache. */
import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { howToInstallRuntime } from '../../../shared/domain'
import { UserError } from '../../../shared/errors'
import { cacheDirectory, runtimeFile } from '../../setup/paths.mjs'

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

/** `ABD_RUNTIME`, else runtime.json in the cache. */
export const runtimeFilePath = (environment: Record<string, string | undefined> = process.env): string =>
  environment.ABD_RUNTIME || runtimeFile(cacheDirectory(environment))

/** Reads runtime.json and checks that the binding is there; a UserError says how to set up again. */
export function readRuntimeDescription(file = runtimeFilePath()): RuntimeDescription {
  if (!existsSync(file)) {
    throw new UserError('The TensorFlow runtime is not set up.', {
      wanted: "the set-up's runtime.json",
      got: 'no such file',
      where: file,
      action: howToInstallRuntime,
    })
  }
  let description: RuntimeDescription
  try {
    description = runtimeDescription.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new UserError("The TensorFlow runtime's description cannot be read.", {
      where: file,
      action: howToInstallRuntime,
      cause: error,
    })
  }
  if (!existsSync(description.binding)) {
    throw new UserError('The TensorFlow runtime is incomplete.', {
      wanted: description.binding,
      got: 'no such file',
      where: file,
      action: howToInstallRuntime,
    })
  }
  return description
}
