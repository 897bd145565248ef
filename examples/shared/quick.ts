/** Whether the program was asked for its quick mode (`--quick`): the same network and data order, fewer steps. */
export const quick = process.argv.includes('--quick');
