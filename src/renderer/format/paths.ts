/** Paths on the engine's machine, which may be a Windows one. */

/** A name in a folder. */
export function inFolder(folder: string, name: string): string {
  const separator = folder.includes('\\') ? '\\' : '/'
  return folder.endsWith('/') || folder.endsWith('\\') ? `${folder}${name}` : `${folder}${separator}${name}`
}

/** The name at the end of a path. */
export const nameIn = (path: string): string => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)

/** A text as a file's name that every system takes. @param otherwise where nothing of it is left */
export const fileName = (text: string, otherwise: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 80)
    .replace(/^-+|-+$/g, '') || otherwise
