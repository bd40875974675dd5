/**
 * The TensorFlow runtime as one file, for machines without a network: a tar.gz of a manifest, the pinned libraries and
 * the binding. Reading believes nothing: names, sizes and hashes must be those that this program pins, so a bundle can
 * bring neither other code nor a path of its own. (The binding of a checkout is the one file without a pin.)
 */
import { z } from 'zod'
import type { RuntimeVariantId } from '../../shared/domain'
import { RefusedInputError } from '../../shared/errors'
import { tensorFlowVersion, variants, type Variant } from './pins.mjs'
import type { Reporter } from './report.mjs'

export const manifestName = 'manifest.json'
export const manifestLimit = 1 << 20
/** Ours has a third of a megabyte. */
export const bindingLimit = 8 << 20

const manifestSchema = z.strictObject({
  format: z.literal('abd-runtime-bundle'),
  version: z.literal(1),
  variant: z.enum(['cpu', 'gpu']),
  tensorFlowVersion: z.string().max(40),
  files: z
    .array(
      z.strictObject({
        name: z.string().max(200),
        bytes: z.number().int().min(1),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .max(200),
})
export type Manifest = z.infer<typeof manifestSchema>
export type BundleFile = Manifest['files'][number]

/** What every step is given. */
export interface BundleOptions {
  /** Folder of the checkout or the packaged application. */
  readonly root: string
  readonly cache: string
  readonly report: Reporter
  readonly signal?: AbortSignal
}

export interface BundleContents {
  readonly variant: RuntimeVariantId
  readonly bytes: number
  readonly sha256: string
}

export const variantOf = (id: RuntimeVariantId): Variant => variants[id]

export const pinnedFiles = (variant: Variant): BundleFile[] =>
  variant.wheels.flatMap(({ members }) =>
    Object.entries(members).map(([name, { bytes, sha256 }]) => ({ name, bytes, sha256 })),
  )

export const isBinding = (name: string): boolean => /^binding\/[\w.-]{1,80}\/tfjs_binding\.node$/.test(name)

export const refused = (
  file: string,
  message: string,
  details: { wanted?: string; got?: string } = {},
): RefusedInputError =>
  new RefusedInputError(message, {
    ...details,
    where: file,
    action: 'Make the bundle anew with "abd runtime pack FILE", by the same version of ABD Workbench.',
  })

/** What the manifest promises must be what this program pins, file by file. */
export function checkManifest(file: string, text: string): Manifest {
  let parsed
  try {
    parsed = manifestSchema.safeParse(JSON.parse(text))
  } catch {
    throw refused(file, 'The bundle’s manifest cannot be read.')
  }
  if (!parsed.success) throw refused(file, 'This is no bundle of the runtime, or one of another version.')
  const manifest = parsed.data
  if (manifest.tensorFlowVersion !== tensorFlowVersion)
    throw refused(file, 'The bundle holds another version of TensorFlow.', {
      wanted: tensorFlowVersion,
      got: manifest.tensorFlowVersion,
    })
  const pinned = pinnedFiles(variantOf(manifest.variant))
  for (const { name, bytes, sha256 } of pinned) {
    const found = manifest.files.find((entry) => entry.name === name)
    if (found?.bytes !== bytes || found.sha256 !== sha256)
      throw refused(file, `The bundle’s ${name} is not the pinned one.`, {
        wanted: `${bytes} bytes, SHA-256 ${sha256}`,
        got: found ? `${found.bytes} bytes, SHA-256 ${found.sha256}` : 'no such file',
      })
  }
  const names = new Set(pinned.map(({ name }) => name))
  const others = manifest.files.filter(({ name }) => !names.has(name))
  const foreign = others.find(({ name, bytes }) => !isBinding(name) || bytes > bindingLimit)
  if (foreign !== undefined || others.length > 1)
    throw refused(file, 'The bundle holds a file that is no part of the runtime.', {
      got: (foreign ?? others[1])?.name.slice(0, 100),
    })
  return manifest
}
