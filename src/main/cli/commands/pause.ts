import { endEarly } from './endEarly'

export const pause = endEarly('pause')
