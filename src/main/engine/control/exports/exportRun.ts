/** Lets a run exporter write: target, progress, cancelling, and nothing half-written left behind. */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CallArgs, CallResult } from '../../../../shared/contract'
import type { RunTarget } from '../../../../shared/domain'
import { ExhaustiveError, UserError, untoldStorageFault } from '../../../../shared/errors'
import type { Registry } from '../../../../shared/schema'
import { runExporters, type RunExporter } from '../../families/runExporters'
import { runToExport, type ExportSource } from './runToExport'
import { assertAddress, assertEmptyFolder, assertNewFile } from './targets'

export interface ExportRunOptions extends ExportSource {
  /** The forms to choose from; those of the product unless told otherwise. */
  readonly exporters?: Registry<RunExporter>
  onProgress(progress: { readonly fraction: number; readonly message: string }): void
}

/**
 * @throws RefusedInputError when the form is none, or the target is not what it wants
 * @throws UserError when it cannot be written; what was begun is gone then
 */
export async function exportRun(
  { runId, format, params, target }: CallArgs<'export.run'>,
  options: ExportRunOptions,
  signal: AbortSignal = new AbortController().signal,
): Promise<CallResult<'export.run'>> {
  const registry = options.exporters ?? runExporters
  registry.get(format, 'format')
  const { member, values } = registry.open({ id: format, params: params ?? {} }, 'format')
  const run = runToExport(runId, options)
  const undo = await prepared(target, member.target)
  try {
    const written = await member.write(target, run, values, {
      signal,
      progress: (fraction, message) => options.onProgress({ fraction, message }),
    })
    return { target, where: written.where ?? target, remarks: [...written.remarks] }
  } catch (error) {
    await undo()
    throw told(error, target)
  }
}

/** Checks the target and makes its folder. @returns what takes back what was written */
async function prepared(target: string, wanted: RunTarget): Promise<() => Promise<void>> {
  switch (wanted.kind) {
    case 'address':
      assertAddress(target, wanted.example)
      return () => Promise.resolve()
    case 'file':
      await assertNewFile(target)
      return () => rm(target, { force: true })
    case 'folder': {
      const wasThere = await assertEmptyFolder(target)
      await mkdir(target, { recursive: true }).catch((error: unknown) => {
        throw told(error, target)
      })
      return () => (wasThere ? emptied(target) : rm(target, { recursive: true, force: true }))
    }
    default:
      throw new ExhaustiveError(wanted)
  }
}

async function emptied(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true })
}

/** What the system refuses, in a sentence; everything else as it is. */
function told(error: unknown, target: string): unknown {
  const fault = untoldStorageFault(error)
  if (!fault) return error
  return new UserError('The run could not be written.', {
    wanted: 'a folder that can be written to, with enough room',
    got: fault.message,
    where: target,
    action: 'Choose another folder.',
    cause: error,
  })
}
