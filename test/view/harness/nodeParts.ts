/** What the fake engine's studies take of Node, in a page: digests that tell texts apart, paths, and no files. */

export function createHash() {
  let text = ''
  const digest = {
    update(more: string) {
      text += more
      return digest
    },
    digest() {
      const words = new DataView(new ArrayBuffer(16))
      for (let word = 0; word < 4; word++) {
        let hash = 2166136261 + word
        for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16777619)
        words.setUint32(word * 4, hash >>> 0)
      }
      return { readUInt32LE: (at: number): number => words.getUint32(at) }
    },
  }
  return digest
}

export const isAbsolute = (path: string): boolean => path.startsWith('/')
export const join = (...parts: string[]): string => parts.join('/')
export function statSync(path: string): never {
  throw new Error(`A page has no files: ${path}`)
}
