/**
 * What can be done, in one list: the palette, the sheet of shortcuts, the keyboard and the window's menu all come from
 * it. A view offers its actions while it lives.
 */
import { onScopeDispose, shallowReactive } from 'vue'

export interface Action {
  /** Unique among those that are offered at one time. */
  readonly id: string
  readonly title: string
  /** Heading in the palette and in the sheet: "Go to", "This run". */
  readonly group: string
  /** As shown in the sheet, e.g. "Ctrl+K", "?", "g r". */
  readonly keys?: string
  /** Further words by which the palette finds it. */
  readonly words?: string
  /** Left out: always. */
  readonly enabled?: () => boolean
  readonly run: () => void
}

type Source = () => readonly Action[]
const offered = shallowReactive(new Set<Source>())

export const allActions = (): Action[] => [...offered].flatMap((source) => source())
export const isEnabled = ({ enabled }: Action): boolean => enabled?.() ?? true

/** Runs the action of that id; false where none is offered or it cannot be done now. */
export function runAction(id: string): boolean {
  const action = allActions().find((entry) => entry.id === id)
  if (!action || !isEnabled(action)) return false
  action.run()
  return true
}

/** Offers actions while the calling component lives; a function is asked anew each time. */
export function useActions(actions: readonly Action[] | Source): void {
  const source: Source = typeof actions === 'function' ? actions : () => actions
  offered.add(source)
  onScopeDispose(() => offered.delete(source))
}
