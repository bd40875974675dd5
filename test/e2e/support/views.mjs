/**
 * Every view of the interface with the states that a generated workspace can show, by name: for the accessibility test,
 * the widths test and the tour.
 *
 * @typedef {{ name: string, title: string, go: (page: import('playwright-core').Page) => Promise<void> }} View
 */

/** Of a page whose address has a hash. */
export async function openRoute(page, route) {
  await page.evaluate((hash) => {
    location.hash = hash
  }, `#${route}`)
  await page.locator('main .page').first().waitFor()
}

const settle = (page, milliseconds = 400) => page.waitForTimeout(milliseconds)

const route =
  (path, then = () => Promise.resolve()) =>
  async (page) => {
    await openRoute(page, path)
    await settle(page)
    await then(page)
    await settle(page)
  }

/** @param {{ run: string }} ids of a finished run with images */
export const everyView = ({ run }) => [
  { name: 'runs', title: 'Runs', go: route('/') },
  { name: 'compare', title: 'Compare', go: route('/compare') },
  { name: 'new-experiment', title: 'New experiment', go: route('/new') },
  { name: 'studies', title: 'Studies', go: route('/studies') },
  { name: 'new-study', title: 'New study', go: route('/studies/new') },
  ...['overview', 'charts', 'images', 'log', 'configuration'].map((tab) => ({
    name: `run-${tab}`,
    title: `A run: ${tab}`,
    go: route(`/runs/${run}/${tab}`),
  })),
  ...['general', 'device', 'executors', 'log', 'about'].map((tab) => ({
    name: `settings-${tab}`,
    title: `Settings: ${tab}`,
    go: route(`/settings/${tab}`),
  })),
  {
    name: 'palette',
    title: 'Command palette',
    go: route('/', (page) => page.keyboard.press('Control+K')),
  },
]
