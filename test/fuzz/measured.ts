/** Lets a reader read the file on the command line in a fresh process, and prints what it said and took. */
import { readFileSync } from 'node:fs'
import { RefusedInputError } from '../../src/shared/errors'
import { readers } from './readers'

/** In kB, of this program alone: what resourceUsage tells begins with what the process that started it had. */
const largestMemory = (): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0)

async function measure(id: string, file: string): Promise<void> {
  const reader = readers.find((known) => known.id === id)
  if (!reader) throw new Error(`There is no reader ${id}.`)
  const { read } = await reader.open()
  const bytes = readFileSync(file)
  const [memory, start, began] = [largestMemory(), process.cpuUsage(), performance.now()]
  const said = await read(bytes).then(
    () => 'read',
    (error: unknown) => {
      if (error instanceof RefusedInputError) return `refused: ${error.message}`
      throw error
    },
  )
  const { user, system } = process.cpuUsage(start)
  process.stdout.write(
    JSON.stringify({
      said,
      seconds: (user + system) / 1e6,
      wallSeconds: (performance.now() - began) / 1000,
      megabytes: (largestMemory() - memory) / 1024,
    }),
  )
}

void measure(process.argv[2] ?? '', process.argv[3] ?? '')
