/**
 * How people start this program, for texts that tell them to: run from its source files it is a checkout, where nothing is
 * installed under the program's name.
 */
export const ownCommand: string = import.meta.url.endsWith(".ts") ? "npm run -s bridge --" : "provisioning-bridge";
