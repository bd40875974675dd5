import { UserError } from '../../../../shared/errors'

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/**
 * Lets an exporter write.
 * @throws UserError naming the path where the system refuses (no room, no right); what the exporter says goes through
 */
export async function writeExport(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    throw new UserError('The model could not be written.', {
      wanted: 'a folder that can be written to, with enough room',
      got: code,
      where: path,
      action: 'Choose another folder.',
      cause: error,
    })
  }
}
