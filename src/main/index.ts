import { startApplication } from './electron/app'

startApplication()
