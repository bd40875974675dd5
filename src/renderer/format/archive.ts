import { zip, type AsyncZippable } from 'fflate'

/** Files as one zip archive, made beside the page's thread. */
export const zipped = (files: AsyncZippable): Promise<Uint8Array> =>
  new Promise((resolve, reject) => zip(files, (error, data) => (error ? reject(error) : resolve(data))))
