/** What to do where TensorFlow is not on this machine, for the end of an error. */
export const howToInstallRuntime =
  'Run "abd runtime install" (in a checkout "npm start" does it), or "abd runtime unpack FILE" where there is no network; the window offers both.'
