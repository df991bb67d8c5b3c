export { type Clock, systemClock } from './clock.ts';
export { type Deadlines, type DriveOptions, drive } from './drive.ts';
export { type MemoryNetwork, memoryNetwork } from './memory.ts';
export { Meter, PhaseMeter, type PhaseTraffic, type Traffic } from './meter.ts';
export type { Received, Transport } from './transport.ts';
