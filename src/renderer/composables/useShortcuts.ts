import { allActions, isEnabled, useActions } from './useActions'

export interface Shortcut {
  /** As shown in the sheet, e.g. "Ctrl+K", "?", "g r". */
  keys: string
  label: string
  group: string
  run: () => unknown
}

let pending: { key: string; until: number } | null = null

/** The actions that have keys, as the sheet lists them. */
export const allShortcuts = (): Shortcut[] =>
  allActions().flatMap((action) => {
    const { keys, title: label, group } = action
    // Keys of what cannot be done now do nothing.
    return keys === undefined ? [] : [{ keys, label, group, run: () => isEnabled(action) && action.run() }]
  })

/** What a text field does by itself. */
const ofFields = ['Ctrl+Z', 'Ctrl+Shift+Z']
/** Letters choose an entry in a list and belong to a dialog; there, too, they are no shortcuts. */
const takesLetters = '[role=combobox], [role=listbox], [role=dialog]'
const fields = 'input, textarea, select'
const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches(fields) || target.closest(takesLetters) !== null)

function keyOf(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  if (!event.ctrlKey && !event.metaKey) return key
  return `Ctrl+${event.shiftKey ? 'Shift+' : ''}${key.length === 1 ? key.toUpperCase() : key}`
}

/**
 * Handles single keys, Ctrl combinations and two-key sequences such as "g r". Typing into a field is never taken, nor
 * is the field's own undo.
 */
export function handleShortcut(event: KeyboardEvent): void {
  if (event.altKey || event.defaultPrevented) return
  const key = keyOf(event)
  if (typing(event.target) && (!key.startsWith('Ctrl+') || ofFields.includes(key))) return
  const now = performance.now()
  const sequence = pending && pending.until > now ? `${pending.key} ${key}` : key
  pending = null
  // What is in front answers first: a view's own undo before that of the window.
  const latestFirst = allShortcuts().reverse()
  const match =
    latestFirst.find((shortcut) => shortcut.keys === sequence) ?? latestFirst.find((shortcut) => shortcut.keys === key)
  if (match) {
    event.preventDefault()
    match.run()
  } else if (allShortcuts().some((shortcut) => shortcut.keys.startsWith(`${key} `))) {
    pending = { key, until: now + 1200 }
  }
}

/** Offers shortcuts while the calling component lives. */
export const useShortcuts = (shortcuts: readonly Shortcut[]): void =>
  useActions(
    shortcuts.map(({ keys, label, group, run }) => ({
      id: `shortcut:${keys}`,
      title: label,
      group,
      keys,
      run: () => void run(),
    })),
  )
