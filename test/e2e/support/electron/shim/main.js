// Stands in for Electron's own default application: `electron [-r module] <folder or file>` runs what the path names.
const { app } = require('electron')
const fs = require('fs')
const Module = require('module')
const path = require('path')

function readArguments(argv) {
  const preload = []
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index]
    if (argument === '-r' || argument === '--require') preload.push(argv[++index])
    else if (!argument.startsWith('-')) return { preload, target: path.resolve(argument) }
  }
  return { preload, target: undefined }
}

function describeApplication(directory) {
  const manifest = JSON.parse(fs.readFileSync(path.join(directory, 'package.json'), 'utf8'))
  app.setVersion(manifest.version ?? '0.0.0')
  app.setName(manifest.productName ?? manifest.name)
  app.setAppPath(directory)
  app.setPath('userData', path.join(app.getPath('appData'), manifest.productName ?? manifest.name))
  return path.join(directory, manifest.main ?? 'index.js')
}

const { preload, target } = readArguments(process.argv.slice(1))
if (preload.length > 0) Module._preloadModules(preload)
if (target === undefined) {
  console.error('No application path was given.')
  app.exit(1)
} else {
  Module._load(fs.statSync(target).isDirectory() ? describeApplication(target) : target, Module, true)
}
