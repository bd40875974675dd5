/**
 * What is measured in the page. CPU times are the main thread's task time as Chromium counts it; frame times are those
 * between animation frames.
 */
import { openRoute } from '../../test/e2e/support/views.mjs'

const grid = '[role=grid]'
const rows = `${grid} [role=row][aria-rowindex]:not([aria-rowindex="1"])`
const queryField = 'input[role=combobox]'

export const cpuSeconds = async ({ protocol }) => {
  const { metrics } = await protocol.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'TaskDuration').value
}

/** Milliseconds of main thread until the page is quiet again. */
async function cpuOf(session, act) {
  const before = await cpuSeconds(session)
  await act()
  await quiet(session)
  return ((await cpuSeconds(session)) - before) * 1000
}

/** Two looks, 150 ms apart, between which the main thread did next to nothing. */
export async function quiet(session) {
  for (let look = 0; look < 100; look++) {
    const before = await cpuSeconds(session)
    await session.page.waitForTimeout(150)
    if ((await cpuSeconds(session)) - before < 0.008) return
  }
}

/** Milliseconds between frames while `act` runs; `act` is a function in the page. */
export async function framesDuring({ page }, seconds, act) {
  const recorded = page.evaluate(
    (duration) =>
      new Promise((resolve) => {
        const times = []
        const started = performance.now()
        const frame = (now) => {
          times.push(now)
          if (now - started < duration) requestAnimationFrame(frame)
          else resolve(times)
        }
        requestAnimationFrame(frame)
      }),
    seconds * 1000,
  )
  await act()
  const times = await recorded
  return times.slice(1).map((time, index) => time - times[index])
}

export const firstRows = ({ page }) => page.locator(rows).first().waitFor({ timeout: 60_000 })

export async function openings(session) {
  await openRoute(session.page, '/settings/about')
  await quiet(session)
  const runs = await cpuOf(session, async () => {
    await openRoute(session.page, '/')
    await firstRows(session)
  })
  const compare = await cpuOf(session, async () => {
    await openRoute(session.page, '/compare')
    await firstRows(session)
  })
  return { runs, compare }
}

/** Per key: the main thread's milliseconds. */
export async function filterKeys(session, text) {
  await openRoute(session.page, '/')
  await firstRows(session)
  const field = session.page.locator(queryField).first()
  await field.click()
  const keys = []
  for (const key of text) keys.push(await cpuOf(session, () => session.page.keyboard.type(key)))
  await field.fill('')
  await session.page.keyboard.press('Escape')
  await quiet(session)
  return keys
}

export async function scrolling(session) {
  await openRoute(session.page, '/')
  await firstRows(session)
  await session.page.locator(grid).first().hover()
  return framesDuring(session, 3, async () => {
    const until = Date.now() + 2800
    while (Date.now() < until) {
      await session.page.mouse.wheel(0, 240)
      await session.page.waitForTimeout(16)
    }
  })
}

/** Milliseconds from the key to all rows being selected. */
export async function selectingAll(session) {
  await openRoute(session.page, '/')
  await firstRows(session)
  await session.page.locator(rows).first().click()
  await quiet(session)
  const took = await session.page.evaluate(
    () =>
      new Promise((resolve) => {
        const started = performance.now()
        const look = () => {
          const all = [...document.querySelectorAll('[role=grid] [role=row][aria-selected]')]
          if (all.length > 5 && all.every((row) => row.getAttribute('aria-selected') === 'true'))
            resolve(performance.now() - started)
          else setTimeout(look, 2)
        }
        const target = document.activeElement ?? document.body
        target.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', code: 'KeyA', ctrlKey: true, bubbles: true }))
        look()
      }),
  )
  await session.page.keyboard.press('Escape')
  return took
}

export const domNodes = ({ page }) => page.evaluate(() => document.querySelectorAll('*').length)

/** Heap and resident memory of the page in megabytes. */
export async function memory({ protocol, browserProtocol }) {
  const { metrics } = await protocol.send('Performance.getMetrics')
  const heap = metrics.find(({ name }) => name === 'JSHeapUsedSize').value / 1e6
  const { processInfo } = await browserProtocol.send('SystemInfo.getProcessInfo')
  return { heap, processes: processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id) }
}

export async function opensChart(session, run) {
  await openRoute(session.page, '/settings/about')
  await quiet(session)
  return cpuOf(session, async () => {
    await openRoute(session.page, `/runs/${run}/charts`)
    // The chart of a stage without values is there, and hidden.
    await session.page.locator('main canvas:visible').first().waitFor()
  })
}

/** Frames while thirty updates a second come to the open chart, as a training sends them. */
export async function chartUpdates(session) {
  const frames = await framesDuring(session, 3, () =>
    session.page.evaluate(
      () =>
        new Promise((resolve) => {
          const { $pinia } = document.querySelector('#app').__vue_app__.config.globalProperties
          const metrics = $pinia._s.get('metrics')
          const [, runId] = /#\/runs\/([^/]+)/.exec(location.hash)
          const entries = Array.from({ length: 10 }, (_, at) => metrics.open({ runId, stageId: `student-${at + 1}` }))
          let step = 50_000
          let left = 84
          const timer = setInterval(() => {
            step += 1
            for (const { buffers, version } of entries) {
              buffers.get('studentLoss')?.append({ steps: Float64Array.of(step), values: Float64Array.of(1) })
              version.value++
            }
            left -= 1
            if (left === 0) {
              clearInterval(timer)
              resolve()
            }
          }, 1000 / 30)
        }),
    ),
  )
  return frames
}

/** Frames while the slider of kept images is dragged over all its steps. */
export async function imageSlider(session, run) {
  await openRoute(session.page, `/runs/${run}/images`)
  await session.page.locator('.viewer .tile').first().waitFor()
  await quiet(session)
  const handle = session.page.getByRole('slider', { name: 'Kept step' })
  await handle.focus()
  await session.page.keyboard.press('Home')
  await quiet(session)
  return framesDuring(session, 6, async () => {
    for (let step = 0; step < 200; step++) {
      await session.page.keyboard.press('ArrowRight')
      await session.page.waitForTimeout(20)
    }
  })
}
