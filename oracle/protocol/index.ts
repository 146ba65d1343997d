/** Systems in a process of their own: the protocol, and both ends of it. */
export { type LineReader, lineReader } from './lines.ts';
export { type Hello, protocolVersion } from './messages.ts';
export { PeerDied } from './peer.ts';
export { resuming } from './resuming.ts';
export { protocolSchema } from './schema.ts';
export { type Server, server } from './server.ts';
export { type System as SystemUnderTest, type SystemOptions, startSystem } from './system.ts';
