import { RefusedInputError } from '../../../../../shared/errors'
import { holdsPictures, readClassFolders } from '../files/classFolders'
import type { FoundData, LayoutMatch } from '../types'
import { action, findClasses, readSplit, title } from './layout'

/** Share that folders with pictures count for as long as they are no set: pictures alone tell no layout. */
const picturesAlone = 0.5

/** Whether class folders lie there, and what is wrong with them where they nearly do. */
export async function matchImageFolder({ path, tree }: FoundData): Promise<LayoutMatch<{ folder: string }>> {
  const root = await tree()
  if (root === null) return { closeness: 0, found: 'no folder', refusal: null }
  const { train, test } = await findClasses(root)
  try {
    await (test === null ? readClassFolders(train, title, action) : readSplit(train, test))
    return { params: { folder: path }, lastResort: true }
  } catch (error) {
    if (!(error instanceof RefusedInputError))
      return { closeness: 0, found: 'no folder that can be read', refusal: null }
    const near = await holdsPictures(train)
    // What is missing of an archive that is too long to list may still be in it.
    if (near && !root.complete) return { params: { folder: path }, lastResort: true }
    return {
      closeness: near ? picturesAlone : 0,
      found: error.message.replace(/\.$/, ''),
      refusal: near ? error : null,
    }
  }
}
