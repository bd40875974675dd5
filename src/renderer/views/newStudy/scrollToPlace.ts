/** Brings the part of the form that a path leads to into sight: its axis, else the section that has it. */
export function scrollToPlace(path: string): void {
  const places = [...document.querySelectorAll<HTMLElement>('[data-axis]')]
  const axis = places.find(({ dataset }) => path === dataset['axis'] || path.startsWith(`${dataset['axis'] ?? ''}.`))
  const section = document.querySelector<HTMLElement>(
    /^(exclude|conditions)/.test(path)
      ? '#rules'
      : /^(strategy|order|executor|priority)/.test(path)
        ? '#work'
        : '#base',
  )
  const target = axis ?? section
  target?.scrollIntoView({ behavior: 'smooth', block: 'center' })
  target?.querySelector<HTMLElement>('input, button, select')?.focus({ preventScroll: true })
}
