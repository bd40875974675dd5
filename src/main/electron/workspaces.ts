/** The workspaces that were open on this machine, and opening one in a window of its own. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute } from 'node:path'

const mostRecent = 10

export interface RecentWorkspaces {
  /** Those that still exist, the newest first. */
  list(): string[]
  /** Puts a folder in front. */
  note(folder: string): void
}

/** @param file of all workspaces of this user; several windows write it, the last one wins */
export function createRecentWorkspaces(file: string): RecentWorkspaces {
  const read = (): string[] => {
    try {
      const stored: unknown = JSON.parse(readFileSync(file, 'utf8'))
      return Array.isArray(stored) ? stored.filter((entry): entry is string => typeof entry === 'string') : []
    } catch {
      return []
    }
  }
  return {
    list: () => read().filter((folder) => isAbsolute(folder) && existsSync(folder)),
    note(folder) {
      try {
        mkdirSync(dirname(file), { recursive: true })
        const others = read().filter((entry) => entry !== folder)
        writeFileSync(file, JSON.stringify([folder, ...others].slice(0, mostRecent)))
      } catch {
        // A convenience: without it the list is shorter.
      }
    },
  }
}

/** The arguments of this process with another workspace. */
export function argumentsFor(workspace: string, argv: readonly string[]): string[] {
  const kept: string[] = []
  for (let index = 1; index < argv.length; index++) {
    const argument = argv[index] ?? ''
    if (argument === '--workspace') index += 1
    else if (!argument.startsWith('--workspace=')) kept.push(argument)
  }
  return [...kept, `--workspace=${workspace}`]
}

/** Each workspace has an application of its own; one that is open already shows its window. */
export function openWorkspaceWindow(workspace: string, program = process.execPath): Promise<void> {
  const env = { ...process.env }
  // It names the workspace of this one.
  delete env.ABD_WORKSPACE
  const started = spawn(program, argumentsFor(workspace, process.argv), { detached: true, stdio: 'ignore', env })
  started.unref()
  return new Promise((resolve, reject) => {
    started.once('spawn', resolve)
    // The program may have been replaced or removed since it was started.
    started.once('error', reject)
  })
}
