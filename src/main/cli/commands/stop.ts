import { endEarly } from './endEarly'

export const stop = endEarly('stop')
