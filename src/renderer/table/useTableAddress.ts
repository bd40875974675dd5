import { watch, type Ref } from 'vue'
import { useRoute, useRouter, type LocationQuery } from 'vue-router'
import type { TableOrder } from '@shared/domain'

/** What of a table stands in the address, so that it can be bookmarked and sent. */
export interface AddressedTable {
  readonly query: Ref<string>
  readonly order: Ref<readonly TableOrder[]>
  readonly groupBy: Ref<readonly string[]>
}

const words = (value: LocationQuery[string] | undefined): string[] =>
  typeof value === 'string' ? value.split(',').filter((part) => part !== '') : []

/** "-asr,name": a minus in front of those that descend. */
const writeOrder = (order: readonly TableOrder[]): string =>
  order.map(({ column, descending }) => `${descending ? '-' : ''}${column}`).join(',')
const readOrder = (value: LocationQuery[string] | undefined): TableOrder[] =>
  words(value).map((part) =>
    part.startsWith('-') ? { column: part.slice(1), descending: true } : { column: part, descending: false },
  )

/** Keeps `?q=…&sort=…&by=…` and the table the same; an address that says nothing leaves the table as it was. */
export function useTableAddress({ query, order, groupBy }: AddressedTable): void {
  const [route, router] = [useRoute(), useRouter()]
  const home = route.path
  const written = () => ({
    q: query.value === '' ? undefined : query.value,
    sort: order.value.length === 0 ? undefined : writeOrder(order.value),
    by: groupBy.value.length === 0 ? undefined : groupBy.value.join(','),
  })
  const said = (asked: LocationQuery): string => JSON.stringify([asked['q'], asked['sort'], asked['by']])
  watch(
    () => route.query,
    (asked) => {
      if (route.path !== home || said(asked) === said(written() as LocationQuery)) return
      if (asked['q'] === undefined && asked['sort'] === undefined && asked['by'] === undefined) return
      query.value = typeof asked['q'] === 'string' ? asked['q'] : ''
      order.value = readOrder(asked['sort'])
      groupBy.value = words(asked['by'])
    },
    { immediate: true },
  )
  watch(
    [query, order, groupBy],
    () => {
      // A replacement without a change would only take back a way that is being gone elsewhere.
      if (route.path !== home || said(route.query) === said(written() as LocationQuery)) return
      void router.replace({ path: home, query: { ...route.query, ...written() } })
    },
    { immediate: true },
  )
}
