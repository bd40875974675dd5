import { UserError, storageFaultBehind } from '../../../../shared/errors'

/**
 * Lets an exporter write.
 * @throws UserError naming the path where the system refuses (no room, no right); what the exporter says goes through
 */
export async function writeExport(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    const fault = storageFaultBehind(error)
    if (!fault) throw error
    throw new UserError('The model could not be written.', {
      wanted: 'a folder that can be written to, with enough room',
      got: fault.message,
      where: path,
      action: 'Choose another folder.',
      cause: error,
    })
  }
}
