/** What can go wrong on the way to a file, as errors that say what to do. */
import { UserError } from '../../../../../shared/errors'

const elsewhere = 'Name a mirror, or download the file by hand and name its folder in the form.'

/** The system's code behind an error, at whatever depth fetch hid it. */
export function codeOf(error: unknown): string | undefined {
  for (
    let current: unknown = error, depth = 0;
    current instanceof Error && depth < 5;
    current = current.cause, depth++
  ) {
    const { code } = current as NodeJS.ErrnoException
    if (typeof code === 'string') return code
  }
  return undefined
}

export const offline = (url: string, error: unknown): UserError =>
  new UserError('The server could not be reached.', {
    wanted: 'an answer',
    got: codeOf(error) ?? (error instanceof Error ? error.message : String(error)),
    where: url,
    action: `Check the network (a proxy is not used). ${elsewhere}`,
    cause: error,
  })

export const refusedByServer = (url: string, status: number): UserError =>
  new UserError('The server does not give the file.', {
    wanted: 'status 200 or 206',
    got: `status ${status}`,
    where: url,
    action: elsewhere,
  })

export const interrupted = (url: string, got: number, error: unknown): UserError =>
  new UserError('The download was interrupted again and again.', {
    wanted: 'the rest of the file',
    got: `${got.toLocaleString('en-US')} bytes so far, then ${codeOf(error) ?? 'an early end'}`,
    where: url,
    action: 'Start it again: it goes on where it stopped.',
    cause: error,
  })

export const noSpace = (path: string, wanted: number | null, free: number | null, cause?: unknown): UserError =>
  new UserError('The disk has no room for the download.', {
    wanted: wanted === null ? 'room for the rest of the file' : `${wanted.toLocaleString('en-US')} bytes`,
    got: free === null ? 'a full disk' : `${free.toLocaleString('en-US')} bytes free`,
    where: path,
    action: 'Make room or choose another folder, then start it again: it goes on where it stopped.',
    cause,
  })

export const wrongSize = (path: string, wanted: number, got: number): UserError =>
  new UserError('The downloaded file has the wrong size; it was thrown away.', {
    wanted: `${wanted.toLocaleString('en-US')} bytes`,
    got: `${got.toLocaleString('en-US')} bytes`,
    where: path,
    action: `The server has another file under this name. ${elsewhere}`,
  })

export const wrongChecksum = (path: string, wanted: string, got: string): UserError =>
  new UserError('The downloaded file is damaged or another one; it was thrown away.', {
    wanted: `MD5 ${wanted}`,
    got: `MD5 ${got}`,
    where: path,
    action: `Start it again. ${elsewhere}`,
  })
