/** Stands for the parts of jspdf that are left out of the bundle (electron.vite.config.ts); nothing calls them. */
export default undefined
