/**
 * Names that run something, or reach something that does: commands, code from text or files, modules by name, files,
 * networks, other loaders of objects. A checkpoint never needs them; a file that mentions one is refused, whether it
 * calls it or not. Gathered from the deny lists of mmaitre314/picklescan (scanner.py), protectai/modelscan
 * (settings.py) and trailofbits/fickling (analysis.py).
 */

/** Modules and packages that run, load or reach things, wherever they stand in a dotted name (`torch.os.system`). */
const runningModules: ReadonlySet<string> = new Set([
  // The system and its processes.
  ...['os', 'posix', 'nt', 'posixpath', 'ntpath', 'sys', 'subprocess', '_posixsubprocess', '_winapi', 'commands'],
  ...['popen2', 'pty', 'signal', 'atexit', 'sched', 'msvcrt', 'winreg', '_winreg', 'win32api', 'platform'],
  ...['multiprocessing', 'concurrent', 'threading', '_thread', 'asyncio', 'pexpect', 'sh', 'plumbum', 'psutil'],
  // Code from text, bytes or names.
  ...['importlib', '_frozen_importlib', '_frozen_importlib_external', 'imp', '_imp', 'runpy', 'pkgutil', 'zipimport'],
  ...['codeop', 'pdb', 'bdb', 'timeit', 'cProfile', 'doctest', 'pydoc', 'idlelib', 'lib2to3', 'unittest', 'pytest'],
  ...['_pytest', 'IPython', 'ipykernel', 'sympy', 'sysconfig', 'pip', 'ensurepip', 'venv', 'setuptools', 'distutils'],
  ...['pkg_resources', 'cffi', 'ctypes', '_ctypes', 'ctypeslib', 'numba', 'llvmlite', 'jinja2', 'mako', 'py_compile'],
  ...['compileall', 'inspect', 'gc', 'symtable', 'cpp_extension', 'f2py'],
  // Calls of whatever they are given.
  ...['operator', '_operator', 'functools', '_functools', 'itertools'],
  // Other loaders of objects.
  ...['pickle', '_pickle', 'cPickle', 'pickletools', 'marshal', 'shelve', 'dill', '_dill', 'cloudpickle', 'joblib'],
  ...['jsonpickle', 'yaml', 'ruamel', 'keras', 'tensorflow'],
  // Files and networks.
  ...['shutil', 'tempfile', 'fileinput', 'linecache', 'glob', 'zipfile', 'tarfile', 'gzip', 'bz2', 'lzma', 'mmap'],
  ...['fcntl', 'dbm', 'sqlite3', '_sqlite3', 'socket', '_socket', 'socketserver', 'ssl', 'selectors', 'http'],
  ...['httplib', 'urllib', 'urllib2', 'urllib3', 'requests', 'httpx', 'aiohttp', 'ftplib', 'smtplib', 'poplib'],
  ...['imaplib', 'telnetlib', 'nntplib', 'xmlrpc', 'xmlrpclib', 'webbrowser', 'antigravity', 'paramiko', 'fsspec'],
])

/** Modules whose names people also give to folders of their own (`code.wideresnet`): only they themselves are meant. */
const runningPlainModules: ReadonlySet<string> = new Set([
  'code',
  'trace',
  'profile',
  'site',
  'new',
  'ast',
  'dis',
  'io',
])

/** Parts of packages that are otherwise data. */
const runningParts: readonly string[] = [
  ...[
    ...['hub', 'package', 'jit', 'fx', 'export', 'testing', 'distributed', 'ops', 'classes', 'serialization'],
    ...['_dynamo', '_inductor', 'utils.bottleneck', 'utils.collect_env', 'utils.model_zoo', 'utils.show_pickle'],
  ].map((part) => `torch.${part}`),
  ...['numpy.testing', 'numpy.lib.npyio', 'pandas.io', 'pandas.core.computation', 'logging.config', 'test.support'],
]

/** Functions that run or load whatever module they are taken from, by the last part of their name. */
const runningFunctions: ReadonlySet<string> = new Set([
  ...['system', 'popen', 'eval', 'exec', 'execv', 'execve', 'execfile', 'open', 'load', 'loads', 'load_module'],
  ...['load_library', 'import_module', 'read_pickle', 'fromfile', 'memmap', 'runstring', 'exec_command', 'run_path'],
  ...['run_module', 'FunctionType', 'LambdaType', 'CodeType', 'MethodType', 'ModuleType', 'FileIO', 'FileHandler'],
])

const builtinModules: ReadonlySet<string> = new Set(['builtins', '__builtin__'])
/** Plain data; globals.ts has the containers. Of the rest, many run something. */
const harmlessBuiltin =
  /^(range|xrange|Ellipsis|NotImplemented|NoneType|memoryview|\w+(Error|Exception|Warning)|KeyboardInterrupt)$/

/** Whether the name runs something, or leads to what does. */
export function runsSomething(module: string, attribute: string): boolean {
  if (builtinModules.has(module)) return !harmlessBuiltin.test(attribute)
  const name = `${module}.${attribute}`
  const parts = name.split('.')
  return (
    runningPlainModules.has(module) ||
    runningParts.some((part) => name === part || name.startsWith(`${part}.`)) ||
    parts.some((part) => runningModules.has(part) || builtinModules.has(part) || isSpecial(part)) ||
    runningFunctions.has(parts.at(-1) ?? '')
  )
}

/** `__globals__`, `__builtins__`, `__subclasses__` … lead anywhere; `__main__` is the script that saved the file. */
const isSpecial = (part: string): boolean => part.startsWith('__') && part.endsWith('__') && part !== '__main__'
