import { onScopeDispose } from 'vue'

export interface Shortcut {
  /** As shown in the sheet, e.g. "Ctrl+K", "?", "g r". */
  keys: string
  label: string
  group: string
  run: () => void
}

const registered = new Set<readonly Shortcut[]>()
let pending: { key: string; until: number } | null = null

export const allShortcuts = (): Shortcut[] => [...registered].flat()

/** What a text field does by itself. */
const ofFields = ['Ctrl+Z']
/** Letters choose an entry in a list and belong to a dialog; there, too, they are no shortcuts. */
const takesLetters = '[role=combobox], [role=listbox], [role=dialog]'
const fields = 'input, textarea, select'
const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches(fields) || target.closest(takesLetters) !== null)

function keyOf(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  return event.ctrlKey || event.metaKey ? `Ctrl+${key.length === 1 ? key.toUpperCase() : key}` : key
}

/** Handles single keys, Ctrl combinations and two-key sequences such as "g r". Typing into a field is never taken. */
export function handleShortcut(event: KeyboardEvent): void {
  if (event.altKey || event.defaultPrevented) return
  const key = keyOf(event)
  if (typing(event.target) && (!key.startsWith('Ctrl+') || ofFields.includes(key))) return
  const now = Date.now()
  const sequence = pending && pending.until > now ? `${pending.key} ${key}` : key
  pending = null
  const match =
    allShortcuts().find((shortcut) => shortcut.keys === sequence) ??
    allShortcuts().find((shortcut) => shortcut.keys === key)
  if (match) {
    event.preventDefault()
    match.run()
  } else if (allShortcuts().some((shortcut) => shortcut.keys.startsWith(`${key} `))) {
    pending = { key, until: now + 1200 }
  }
}

/** Offers shortcuts while the calling component lives. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  registered.add(shortcuts)
  onScopeDispose(() => registered.delete(shortcuts))
}
