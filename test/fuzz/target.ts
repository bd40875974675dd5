/** What the fuzzer calls: the reader that $ABD_FUZZ_READER names, with bytes of the fuzzer's making. */
import { judge, refusalBounds } from './judge'
import { readers } from './readers'

const { ABD_FUZZ_READER: id } = process.env
const reader = readers.find((known) => known.id === id)
if (!reader) throw new Error(`There is no reader ${id}; there are ${readers.map((known) => known.id).join(', ')}.`)
const opened = reader.open()

export async function fuzz(bytes: Buffer): Promise<void> {
  const { read } = await opened
  // A copy: the fuzzer uses its memory again.
  await judge(read, Buffer.from(bytes), refusalBounds)
}
