import { onBeforeUnmount, onMounted, ref } from 'vue'
import { expectationOf } from './droppedFile'
import { useOpenedFileStore } from './openedFile'

const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true
const filesOf = (event: DragEvent): DataTransferItem[] =>
  [...(event.dataTransfer?.items ?? [])].filter(({ kind }) => kind === 'file')

/** Files that are dragged over the window and dropped on it, wherever no part of the page takes them itself. */
export function useFileDrop() {
  const opened = useOpenedFileStore()
  /** What would happen, in a sentence; null while nothing is above the window. */
  const expectation = ref<string | null>(null)
  /** Elements that the drag has entered and not left: entering a child comes before leaving its parent. */
  let depth = 0

  function enter(event: DragEvent): void {
    if (!hasFiles(event)) return
    depth += 1
    expectation.value = expectationOf(filesOf(event).map(({ type }) => type))
  }
  function leave(event: DragEvent): void {
    if (!hasFiles(event)) return
    depth = Math.max(0, depth - 1)
    if (depth === 0) expectation.value = null
  }
  function over(event: DragEvent): void {
    // Else the browser would open the file in the page's place.
    if (hasFiles(event)) event.preventDefault()
  }
  function drop(event: DragEvent): void {
    depth = 0
    expectation.value = null
    if (!hasFiles(event) || event.defaultPrevented) return
    event.preventDefault()
    const [item] = filesOf(event)
    const file = item?.getAsFile()
    if (file) void opened.openFile(file, item?.webkitGetAsEntry()?.isDirectory === true)
  }
  const listeners = { dragenter: enter, dragleave: leave, dragover: over, drop } as const
  onMounted(() => {
    window.addEventListener('dragenter', listeners.dragenter)
    window.addEventListener('dragleave', listeners.dragleave)
    window.addEventListener('dragover', listeners.dragover)
    window.addEventListener('drop', listeners.drop)
  })
  onBeforeUnmount(() => {
    window.removeEventListener('dragenter', listeners.dragenter)
    window.removeEventListener('dragleave', listeners.dragleave)
    window.removeEventListener('dragover', listeners.dragover)
    window.removeEventListener('drop', listeners.drop)
  })
  return { expectation }
}
