/** Persistent ids of PyTorch pickles: ('storage', type, key, location, count[, view]) and nothing else. */
import { importLimits } from '../../../weights/importLimits'
import { refusePickle, stackImages } from '../pickle/refusal'
import { describeValue, type PickleValue } from '../pickle/values'
import { quoteFromFile } from '../../../weights/fileText'
import { bytesPer } from '../../../weights/weightMap'

export interface StorageRecord {
  key: string
  elementBytes: number
  count: number
}

/** Collects the storages that a pickle refers to and checks that it does so consistently. */
export function createStorageTable(): {
  load: (id: PickleValue) => PickleValue
  records: Map<string, StorageRecord>
} {
  const records = new Map<string, StorageRecord>()
  return {
    records,
    load(id) {
      const layer = layerClass(id)
      if (layer) return layer
      const items = id !== null && typeof id === 'object' && id.kind === 'tuple' ? id.items : []
      const [tag, type, key, location, count, view] = items
      if (tag !== 'storage' || items.length < 5 || items.length > 6 || typeof location !== 'string') {
        throw refusePickle('The file refers to something that is no storage.', {
          wanted: "('storage', type, key, location, count)",
          got: typeof tag === 'string' ? quoteFromFile(tag) : describeValue(id),
        })
      }
      if (type === null || typeof type !== 'object' || type.kind !== 'global' || type.meaning.kind !== 'storageType') {
        throw refusePickle('A storage has no element type.', {
          wanted: 'a storage type of PyTorch',
          got: describeValue(type),
        })
      }
      if (typeof key !== 'string' || !/^\d{1,20}$/.test(key))
        throw refusePickle('A storage has a key that is no number.', {
          wanted: 'digits',
          got: typeof key === 'string' ? quoteFromFile(key) : describeValue(key),
        })
      const { dtype } = type.meaning
      if (dtype === null && view !== undefined && view !== null)
        throw refusePickle('An untyped storage is a view of another.', { wanted: 'whole untyped storages' })
      const record = { key, elementBytes: dtype === null ? 1 : bytesPer(dtype), count: wholeCount(count) }
      remember(records, record)
      return { kind: 'storage', key, dtype, count: record.count, ...viewOf(view, record.count) }
    },
  }
}

/** Files before 1.6 keep a whole model's classes with their source: ('module', class, file, source). */
function layerClass(id: PickleValue): PickleValue | null {
  const items = id !== null && typeof id === 'object' && id.kind === 'tuple' ? id.items : []
  const [tag, made] = items
  const isClass = made !== null && typeof made === 'object' && made.kind === 'global' && made.meaning.kind === 'foreign'
  return tag === 'module' && items.length === 4 && isClass ? made : null
}

function remember(records: Map<string, StorageRecord>, record: StorageRecord): void {
  const known = records.get(record.key)
  if (known && (known.count !== record.count || known.elementBytes !== record.elementBytes)) {
    throw refusePickle('The file describes one storage in two ways.', {
      wanted: `${known.count} elements of ${known.elementBytes} bytes`,
      got: `${record.count} of ${record.elementBytes}`,
    })
  }
  records.set(record.key, record)
  if (records.size > importLimits.storages)
    throw refusePickle('The file refers to too many storages.', {
      wanted: `at most ${importLimits.storages}`,
      got: 'more',
      action: stackImages,
    })
}

function wholeCount(value: PickleValue | undefined): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= importLimits.fileBytes)
    return value
  throw refusePickle('A storage has an impossible size.', {
    wanted: `0 to ${importLimits.fileBytes} elements`,
    got: typeof value === 'number' || typeof value === 'bigint' ? String(value) : describeValue(value),
  })
}

/** Old files keep views of storages as (key, offset, size); None otherwise. */
function viewOf(view: PickleValue | undefined, count: number): { offset: number; length: number } {
  if (view === undefined || view === null) return { offset: 0, length: count }
  const items = typeof view === 'object' && view.kind === 'tuple' ? view.items : []
  const offset = wholeCount(items[1])
  const length = wholeCount(items[2])
  if (items.length !== 3 || offset + length > count)
    throw refusePickle('A view reaches outside its storage.', {
      wanted: `at most ${count} elements`,
      got: `${length} from ${offset}`,
    })
  return { offset, length }
}
