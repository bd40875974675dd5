export * from './client'
export * from './frames'
export * from './server'
