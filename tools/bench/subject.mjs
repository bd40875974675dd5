/** One process under measurement: a line in asks for a phase, a JSON line out answers. */
import { spawn } from 'node:child_process'
import readline from 'node:readline'
import { SetupError } from '../../src/main/setup/report.mjs'

const keptWords = 3000

/**
 * Starts the subject and waits until it is ready; `onWords` gets each line that it writes to stderr. Errors: SetupError
 * with the end of what it wrote there, when it ends by itself.
 */
export async function startSubject({ name, phases, command: [program, ...parameters], environment = {}, onWords }) {
  const child = spawn(program, parameters, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...environment, ...process.env } })
  let words = ''
  if (onWords) readline.createInterface({ input: child.stderr }).on('line', onWords)
  child.stderr.setEncoding('utf8').on('data', (text) => {
    words = (words + text).slice(-keptWords)
  })
  const ended = new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new SetupError(`The subject "${name}" could not be started: ${error.message}`)))
    child.on('close', (code) => reject(new SetupError(`The subject "${name}" ended with ${code}:\n${words.trim()}`)))
  })
  // Awaited only while an answer is due; an end after the last one is no failure.
  ended.catch(() => undefined)
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async () => {
    const { value } = await Promise.race([lines.next(), ended])
    try {
      return JSON.parse(value)
    } catch {
      throw new SetupError(`The subject "${name}" answered "${value}":\n${words.trim()}`)
    }
  }
  const facts = await answer()
  return {
    name,
    phases,
    facts,
    async ask(phase) {
      child.stdin.write(`${phase}\n`)
      return answer()
    },
    async end() {
      child.stdin.end()
      await ended.catch(() => undefined)
    },
  }
}
