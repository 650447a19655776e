/** This half's version, as package.json has it (a test compares); the server and the kernel say theirs. */
export const VERSION = '0.1.0';
