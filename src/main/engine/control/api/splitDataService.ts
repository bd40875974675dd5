/** Images that code draws are drawn in control; whatever comes out of files is read by a process of its own. */
import type { ExperimentConfig, MemberChoice } from '../../../../shared/domain'
import type { Registry } from '../../../../shared/schema'
import type { Dataset } from '../../families/datasets'
import { namedPaths } from '../experiments/namedFiles'
import type { MemberTable } from '../experiments/memberTable'
import type { DataReading, DataService } from './dataService'

interface Parts {
  readonly here: DataService
  readonly reader: DataReading
  readonly datasets: Registry<Dataset>
  readonly table: MemberTable
}

export function createSplitDataService({ here, reader, datasets, table }: Parts): DataService {
  const ofData = ({ id }: MemberChoice): DataReading => (datasets.get(id).facts.needsFiles ? reader : here)
  /** An attack or a method may name a picture. */
  const ofConfig = (config: ExperimentConfig): DataReading =>
    namedPaths(config, table).length > 0 ? reader : ofData(config.data)
  return {
    info: async (data, ...others) => ofData(data).info(data, ...others),
    print: async (data, ...others) => ofData(data).print(data, ...others),
    images: async (data, ...others) => ofData(data).images(data, ...others),
    triggerPreview: async (config, ...others) => ofConfig(config).triggerPreview(config, ...others),
    patchPreview: async (config, ...others) => ofConfig(config).patchPreview(config, ...others),
    recognize: (path) => reader.recognize(path),
    download: (...asked) => here.download(...asked),
  }
}
