/**
 * Every view of the interface with the states that a generated workspace can show, by name: for the accessibility test,
 * the widths test and the tour.
 */

/** Of a page whose address has a hash. */
export async function openRoute(page, route) {
  // The router hears of a changed hash only once its first view is there.
  await page.locator('main .page').first().waitFor()
  await page.evaluate((hash) => {
    location.hash = hash
  }, `#${route}`)
  await page.locator('main .page').first().waitFor()
}

/** Until nothing in sight is awaited and nothing has changed for a moment; what never comes to rest is taken as it is. */
const settle = (page) =>
  page.evaluate(
    ({ moment, patience }) =>
      new Promise((resolve) => {
        const begin = performance.now()
        let changed = begin
        const observer = new MutationObserver(() => {
          changed = performance.now()
        })
        observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
        const inSight = (element) => {
          const { top, bottom, width } = element.getBoundingClientRect()
          return width > 0 && top < innerHeight && bottom > 0
        }
        const look = () => {
          const now = performance.now()
          const awaited = [...document.querySelectorAll('[aria-busy=true]')].some(inSight)
          if ((awaited || now - changed < moment) && now - begin < patience) return void setTimeout(look, 15)
          observer.disconnect()
          resolve(undefined)
        }
        look()
      }),
    { moment: 100, patience: 5000 },
  )
const escape = (page) => page.keyboard.press('Escape')
const rows = (page) => page.locator('[role=grid] [role=row][aria-selected]')
const button = (name) => (page) =>
  page.getByRole('button', { name }).or(page.getByRole('radio', { name })).first().click()

/** @param then what is done once the page is there */
const route =
  (path, ...then) =>
  async (page) => {
    // What was hovered before would show its tip over the next view.
    await page.mouse.move(0, 0)
    await openRoute(page, path)
    await settle(page)
    for (const act of then) {
      await act(page)
      await settle(page)
    }
  }

const chooseRows = async (page) => {
  await rows(page).first().waitFor()
  for (const index of [1, 2, 3]) await rows(page).nth(index).locator('.tick').click()
}
const clearRows = (page) =>
  page
    .evaluate(() => sessionStorage.clear())
    .then(() => page.reload())
    .then(() => page.locator('main .page').first().waitFor())
    .then(() => settle(page))
const ask = (text) => async (page) => {
  await page.getByRole('combobox').first().fill(text)
  await settle(page)
}

const runsViews = [
  {
    name: 'runs',
    title: 'Runs',
    about: 'Every run in one line. Whatever matches is found, ordered and counted by the engine, ten thousand or ten.',
    go: route('/'),
  },
  {
    name: 'runs-query',
    title: 'Runs: a query',
    about: 'Words, columns and comparisons, completed from what there is; the language is in docs/tables.md.',
    go: route('/', ask('attack:bl')),
    leave: async (page) => {
      await ask('')(page)
      await escape(page)
    },
  },
  {
    name: 'runs-selected',
    title: 'Runs: several chosen',
    about: 'Tags, archive, copies, twins without the defense or with a clean teacher, differences; all can be undone.',
    go: route('/', chooseRows),
  },
  {
    name: 'runs-differences',
    title: 'Runs: differences',
    about: 'Settings in which the chosen runs differ, and nothing else.',
    go: route('/', button('Differences')),
    leave: async (page) => {
      await escape(page)
      await clearRows(page)
    },
  },
  {
    name: 'runs-columns',
    title: 'Runs: columns',
    about: 'Every parameter, result and curve is a column.',
    go: route('/', button('Columns')),
    leave: escape,
  },
]

const compareViews = [
  {
    name: 'compare',
    title: 'Compare',
    about: 'Every teacher and student with the interval of its rates, and the plane of accuracy and attack success.',
    go: route('/compare'),
  },
  {
    name: 'compare-selected',
    title: 'Compare: several chosen',
    about:
      'Curves of the chosen models in the colours that they have everywhere; a student begins where it leaves its twin.',
    go: route('/compare', chooseRows),
    leave: clearRows,
  },
  ...[
    ['Over seeds', 'Means over seeds with n, deviation and interval, and which models were left out.'],
    ['Parameters', 'Parallel coordinates, and which settings go with accuracy and attack success.'],
    ['Pivot', 'Any two fields in rows and columns.'],
  ].map(([name, about]) => ({
    name: `compare-${name.toLowerCase().replace(' ', '-')}`,
    title: `Compare: ${name.toLowerCase()}`,
    about,
    go: route('/compare', button(name)),
  })),
]

const studentsOf = (run) => `${run}/student-1,${run}/student-2`
const explorerOf = (run) => `/explorer?students=${studentsOf(run)}`
/** By the keyboard alone: two images of two students, the first of each. */
const selectTwo = async (page) => {
  await page.locator('.explorer [role=option]').focus()
  for (const key of ['Space', 'Control+ArrowRight', 'Space']) await page.keyboard.press(key)
  await page.locator('.explorer [role=option][aria-selected=true]').waitFor()
}
const explorerViews = (run) => [
  {
    name: 'explorer',
    title: 'Image explorer',
    about: 'Kept images of up to four students side by side, at one step or at all, by what the models say of them.',
    go: route(explorerOf(run), button('All steps')),
  },
  {
    name: 'explorer-compare',
    title: 'Image explorer: several compared',
    about:
      'Two to twelve images beside each other, in turn, as differences, as spectra; saved as PNG with their numbers.',
    go: route(explorerOf(run), selectTwo, (page) => page.keyboard.press('Enter'), button('Difference ×8')),
    leave: escape,
  },
]

const experimentViews = [
  {
    name: 'new-experiment',
    title: 'New experiment',
    about:
      'Steps at the left follow the scroll; what the preset changes and what matters in the middle; time and disk at the right.',
    go: route('/new', async (page) => {
      await page.getByRole('heading', { name: 'New experiment', level: 1 }).waitFor()
    }),
  },
  {
    name: 'new-experiment-attacks',
    title: 'New experiment: attacks',
    about: 'Each trigger on an image of the data set: clean, poisoned, and the signed difference.',
    go: route('/new', async (page) => {
      await page
        .getByRole('link', { name: /Attack/ })
        .or(page.getByRole('button', { name: /^2?\s*Attack/ }))
        .first()
        .click()
      await page.locator('.gallery .tile canvas').first().waitFor()
      await settle(page)
    }),
  },
  {
    name: 'new-experiment-search',
    title: 'New experiment: search',
    about: 'All parameters by label, symbol, help and path.',
    go: route('/new', async (page) => {
      await page.getByPlaceholder(/^Search \d+ parameters/).fill('learning')
    }),
    leave: escape,
  },
]

const studyViews = [
  {
    name: 'studies',
    title: 'Studies',
    about: 'Axes over triggers, seeds, defenses and methods.',
    go: route('/studies'),
  },
  {
    name: 'new-study',
    title: 'New study',
    about: 'Ready-made, from a file, or from a run; the plan at the right counts cells, models, time and disk.',
    go: route('/studies/new'),
  },
  {
    name: 'queue',
    title: 'Queue',
    about: 'What runs and what waits, in the order in which it will run.',
    go: route('/queue'),
  },
]

const runTabs = [
  ['overview', 'Overview', 'Results with intervals and findings, curves, images.'],
  ['charts', 'Charts', 'Every metric over steps, epochs, images or time.'],
  ['images', 'Images', 'Every kept step of synthetic images, with what teacher and student say of them.'],
  ['classes', 'Classes', 'Attack success by source class, and what is taken for what with and without the trigger.'],
  ['log', 'Log', 'What happened.'],
  ['configuration', 'Configuration', 'Everything that decides the result.'],
]
const settingsTabs = [
  ['general', 'Defaults of new runs, theme, disk, bin.'],
  ['workspace', 'Where everything lies, and other workspaces.'],
  ['device', 'What really computes.'],
  ['executors', 'This machine, or a cluster.'],
  ['log', 'The engine’s own log.'],
  ['about', 'Versions and licences.'],
]

/** @param {{ run: string }} ids of a finished run with images and results of analyses */
export const everyView = ({ run }) => [
  ...runsViews,
  ...compareViews,
  ...explorerViews(run),
  ...experimentViews,
  ...studyViews,
  ...runTabs.map(([id, title, about]) => ({
    name: `run-${id}`,
    title: `A run: ${title.toLowerCase()}`,
    about,
    go: route(`/runs/${run}/${id}`),
  })),
  {
    name: 'run-analyses',
    title: 'A run: analyses',
    about:
      'Asked of models and kept images that are there, beside what trains; every result stays with its parameters.',
    go: route(`/runs/${run}/analyses`),
  },
  ...settingsTabs.map(([id, about]) => ({
    name: `settings-${id}`,
    title: `Settings: ${id}`,
    about,
    go: route(`/settings/${id}`),
  })),
  {
    name: 'palette',
    title: 'Command palette',
    about: 'Ctrl+K: every action and every run.',
    go: route('/', (page) => page.keyboard.press('Control+K')),
    leave: escape,
  },
  {
    name: 'shortcuts',
    title: 'Shortcuts',
    about: '? shows them all.',
    go: route('/', (page) => page.keyboard.press('?')),
    leave: escape,
  },
]

/** By the keyboard alone. */
const result = (title) => async (page) => {
  await page.getByRole('navigation', { name: 'Results' }).getByRole('button', { name: title }).focus()
  await page.keyboard.press('Enter')
}
const plotted = (page) => page.locator('.embedding .plot').waitFor()
/** What the tour leaves out: it says what this machine is, or shows another state of a view. */
export const untouredViews = ({ run }) => [
  { name: 'runtime', go: route('/runtime') },
  { name: 'explorer-embedding', go: route(explorerOf(run), button('Embedding'), plotted), leave: button('Embedding') },
  {
    name: 'time-machine',
    go: route(`/time?students=${studentsOf(run)}`, (page) => page.locator('.step-bar .slider').waitFor()),
  },
  { name: 'run-analyses-numbers', go: route(`/runs/${run}/analyses`, result(/Kept images/)) },
  { name: 'run-analyses-failed', go: route(`/runs/${run}/analyses`, result(/microscope/i)) },
]
