/** Elements have no size without a layout; a virtual table draws nothing in a box of no height. */
for (const [name, size] of [
  ['clientWidth', 1200],
  ['clientHeight', 700],
] as const)
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => size })
