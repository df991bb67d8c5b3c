import type { Endpoint } from 'comlink';

/** The part of worker_threads' `Worker` and `MessagePort` that messages need. */
export interface NodePort {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
  on(event: 'message', listener: (data: unknown) => void): unknown;
  off(event: 'message', listener: (data: unknown) => void): unknown;
}

type Listener = Parameters<Endpoint['addEventListener']>[1];

/**
 * comlink speaks to an `EventTarget`; worker_threads has an `EventEmitter` that hands out bare data. This puts the one face on
 * the other.
 */
export function nodeEndpoint(port: NodePort): Endpoint {
  const attached = new Map<Listener, (data: unknown) => void>();
  return {
    postMessage: (message, transfer) => port.postMessage(message, transfer),
    addEventListener(_type, listener) {
      const emit = (data: unknown): void => {
        const event = { data } as MessageEvent;
        if (typeof listener === 'function') listener(event);
        else listener.handleEvent(event);
      };
      attached.set(listener, emit);
      port.on('message', emit);
    },
    removeEventListener(_type, listener) {
      const emit = attached.get(listener);
      if (emit !== undefined) port.off('message', emit);
      attached.delete(listener);
    },
  };
}
