import { decodeBytes, inspectPicture } from '../../../src/main/engine/images/decoding'
import { name, where } from './support/inFile'

export const read = async (bytes: Buffer): Promise<void> => {
  await inspectPicture(bytes, { name, where })
  await decodeBytes(bytes, { name, where }, { side: 32, channels: 3, fit: 'pad' })
}
