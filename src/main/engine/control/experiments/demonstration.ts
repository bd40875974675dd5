/** The experiment behind the start page's button, with what `npm run demonstration` measured of it. */
import type { ExperimentPreset } from '../../../../shared/domain'
import results from '../../../../../resources/demonstration.json'
import preset from '../../../../../resources/presets/demonstration.json'

/** What is recorded, on which device and with how many threads, is not what was measured. */
const { recording: _recording, execution, ...config } = results.config

export const demonstration: ExperimentPreset = {
  ...preset,
  demonstration: {
    ...preset.demonstration,
    measured: results.measured,
    config: { ...config, execution: { precision: execution.precision } },
  },
}
