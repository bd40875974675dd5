/**
 * Who calls the engine. 'owner': whoever can read the workspace's lock, so a window or a command of the engine's own
 * user. 'page': a page in a browser, or whoever else holds the address that was printed for one; it may do less.
 */
export type Caller = 'owner' | 'page'
