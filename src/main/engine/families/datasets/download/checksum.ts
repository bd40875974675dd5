import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** MD5 of a file as lower-case hex: what the data sets' publishers state. It finds damage, not forgery. */
export async function md5Of(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('md5')
  for await (const chunk of createReadStream(path, { signal, highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
