/** The experiment behind the start page's button, with what `npm run demonstration` measured of it. */
import type { ExperimentPreset } from '../../../../shared/domain'
import measured from '../../../../../resources/demonstration.json'
import preset from '../../../../../resources/presets/demonstration.json'

export const demonstration: ExperimentPreset = {
  ...preset,
  demonstration: { ...preset.demonstration, measured: measured.measured },
}
