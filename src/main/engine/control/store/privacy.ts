/** The workspace is its owner's alone: what earlier versions made was readable by whoever could enter the folder. */
import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from './database'
import { privateFile, privateFolder } from './folders'

/** What lies at the top of a workspace and is ours; what else its owner keeps there is not touched. */
export const ownFolders = ['runs', 'stages', 'logs']
export const ownFiles = /^(?:workspace\.sqlite|engine\.lock)/
const key = 'private since'

/** Makes a folder of the workspace that nobody else can look into. */
export const makePrivateFolder = (folder: string): void =>
  void mkdirSync(folder, { recursive: true, mode: privateFolder })

/**
 * Closes what lies at the top, once for each workspace: who opens it to a group later is not closed out again. What
 * lies below a closed folder cannot be reached, whatever its own mode.
 */
export function makePrivateOnce(database: Database, folder: string): void {
  if (database.get('SELECT value FROM settings WHERE key = ?', key)) return
  for (const name of readdirSync(folder)) {
    if (ownFolders.includes(name)) close(join(folder, name), privateFolder)
    else if (ownFiles.test(name)) close(join(folder, name), privateFile)
  }
  try {
    database.run('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)', key, String(Date.now()))
  } catch {
    // A full disk: done once more at the next start.
  }
}

/** A file system without modes, or somebody else's file: nothing that could be done about it here. */
function close(path: string, mode: number): void {
  try {
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, mode)
  } catch {
    return
  }
}
