export { type Clock, systemClock } from './clock.ts';
export { type Deadlines, type DriveOptions, drive } from './drive.ts';
export { formatPublicKey, formatSecretKey, IdentityKey, parsePublicKey, parseSecretKey } from './identity.ts';
export { IdentityFileError, readIdentity, writeIdentity } from './identity-file.ts';
export { type MemoryNetwork, memoryNetwork } from './memory.ts';
export { Meter, PhaseMeter, type PhaseTraffic, type Traffic } from './meter.ts';
export type { SecureChannel } from './reliable-link.ts';
export type { Received, Transport } from './transport.ts';
export { type ConnectOptions, connectSecure } from './websocket-connect.ts';
export { parseServerUrl } from './websocket-dial.ts';
export { type ListenOptions, listenSecure, type SecureListener } from './websocket-listen.ts';
export type { ChannelDeadlines, ChannelOptions } from './websocket-options.ts';
export {
  type TransportPeer,
  type WebSocketTransport,
  type WebSocketTransportOptions,
  webSocketTransport,
} from './websocket-transport.ts';
