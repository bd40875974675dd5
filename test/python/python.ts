/** The Python that optional tests ask: $PYTHON, else python3. */
import { execFile, execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const python = process.env.PYTHON ?? 'python3'

/** Whether it has a module; says that tests are left out where it has not. */
export function hasModule(name: string): boolean {
  try {
    execFileSync(python, ['-c', `import importlib.util, sys; sys.exit(importlib.util.find_spec("${name}") is None)`])
    return true
  } catch {
    process.stderr.write(`${python} has no ${name}: its tests are skipped. Name another with PYTHON=/path/to/python.\n`)
    return false
  }
}

/** Runs a script of this folder and reads its answer. */
export async function askScript(name: string, ...args: string[]): Promise<unknown> {
  const script = fileURLToPath(new URL(name, import.meta.url))
  const { stdout } = await promisify(execFile)(python, [script, ...args], { maxBuffer: 2 ** 26 })
  return JSON.parse(stdout)
}
