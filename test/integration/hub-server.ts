/** A server that speaks the Hugging Face hub's endpoints for files of data sets and models, and the store it sends large ones to. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What happens to one request instead of the ordinary answer. */
export type Fault =
  | { kind: 'status'; status: number; headers?: Record<string, string> }
  /** The connection breaks after so many bytes of the body: when they have arrived, or else soon. */
  | { kind: 'cut'; after: number; arrived?: Promise<void> }
  /** The content has one byte changed. */
  | { kind: 'corrupt' }
  /** Headers and some bytes, then silence. */
  | { kind: 'stall'; after: number };

export interface SeenRequest {
  server: 'hub' | 'store';
  path: string;
  range: string | null;
  token: string | null;
}

interface StoredFile {
  content: Buffer;
  /** Large files are in the store, small ones in the repository itself. */
  large: boolean;
}

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const gitBlob = (content: Buffer) =>
  createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

export class HubServer {
  readonly seen: SeenRequest[] = [];
  /** Faults of the next requests that deliver bytes, in order. */
  readonly faults: Fault[] = [];
  /** Repositories that need this token. */
  readonly gated = new Map<string, string>();
  /** Old name to new name. */
  readonly renamed = new Map<string, string>();
  /** Whether ranges are understood. */
  ranges = true;
  readonly #files = new Map<string, StoredFile>();
  readonly #hub: Server;
  readonly #store: Server;

  private constructor() {
    this.#hub = createServer((request, response) => this.#answerHub(request, response));
    this.#store = createServer((request, response) => this.#answerStore(request, response));
  }

  static async start(): Promise<HubServer> {
    const server = new HubServer();
    for (const http of [server.#hub, server.#store]) {
      await new Promise<void>((ready) => http.listen(0, '127.0.0.1', ready));
    }
    return server;
  }

  async stop(): Promise<void> {
    for (const http of [this.#hub, this.#store]) {
      http.closeAllConnections();
      await new Promise((done) => http.close(done));
    }
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#hub.address() as AddressInfo).port}`;
  }

  put(repository: string, path: string, content: Buffer, large: boolean): void {
    this.#files.set(`${repository}/${path}`, { content, large });
  }

  #note(server: 'hub' | 'store', request: IncomingMessage): void {
    this.seen.push({
      server,
      path: request.url ?? '',
      range: request.headers.range ?? null,
      token: request.headers.authorization ?? null,
    });
  }

  #answerHub(request: IncomingMessage, response: ServerResponse): void {
    this.#note('hub', request);
    const match = /^\/(?:datasets\/)?([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(request.url ?? '');
    const repository = match?.[1] ?? '';
    const path = decodeURIComponent(match?.[3] ?? '');
    const renamed = this.renamed.get(repository);
    if (renamed !== undefined) {
      const location = (request.url ?? '').replace(repository, renamed);
      response.writeHead(307, { location }).end(`Temporary Redirect. Redirecting to ${location}`);
      return;
    }
    const token = this.gated.get(repository);
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      const status = request.headers.authorization === undefined ? 401 : 403;
      const message = `Access to dataset ${repository} is restricted and you are not in the authorized list.`;
      response.writeHead(status, { 'x-error-code': 'GatedRepo', 'x-error-message': message }).end(message);
      return;
    }
    const file = this.#files.get(`${repository}/${path}`);
    if (file === undefined) {
      response
        .writeHead(404, { 'x-error-code': 'EntryNotFound', 'x-error-message': 'Entry not found' })
        .end('Entry not found');
      return;
    }
    response.setHeader('x-repo-commit', COMMIT);
    if (!file.large) {
      this.#deliver(request, response, file.content, gitBlob(file.content));
      return;
    }
    const { port } = this.#store.address() as AddressInfo;
    response
      .writeHead(302, {
        'x-linked-etag': `"${sha256(file.content)}"`,
        'x-linked-size': String(file.content.length),
        location: `http://127.0.0.1:${port}/store/${encodeURIComponent(`${repository}/${path}`)}?signature=1`,
      })
      .end('Found');
  }

  #answerStore(request: IncomingMessage, response: ServerResponse): void {
    this.#note('store', request);
    const name = decodeURIComponent(/^\/store\/([^?]+)/.exec(request.url ?? '')?.[1] ?? '');
    const file = this.#files.get(name);
    if (file === undefined) response.writeHead(403).end();
    else this.#deliver(request, response, file.content, 'a-tag-of-the-store');
  }

  #deliver(request: IncomingMessage, response: ServerResponse, content: Buffer, etag: string): void {
    const fault = this.faults.shift();
    if (fault?.kind === 'status') {
      response.writeHead(fault.status, fault.headers).end();
      return;
    }
    const range = this.ranges ? /^bytes=(\d+)-$/.exec(request.headers.range ?? '') : null;
    const start = Number(range?.[1] ?? 0);
    if (range !== null && start >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      return;
    }
    const body = Buffer.from(content.subarray(start));
    if (fault?.kind === 'corrupt') body[0] = body[0]! ^ 0xff;
    response.writeHead(range === null ? 200 : 206, {
      etag: `"${etag}"`,
      'content-length': String(body.length),
      ...(range !== null && {
        'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
      }),
    });
    if (fault?.kind === 'cut') {
      // Breaking at once would also take back what the client has not read yet.
      const { after, arrived = sleep(30) } = fault;
      response.write(body.subarray(0, after), () => void arrived.then(() => response.destroy()));
    } else if (fault?.kind === 'stall') response.write(body.subarray(0, fault.after));
    else response.end(body);
  }
}

/** A proxy that opens tunnels (`CONNECT`), as companies have them. */
export class TunnelProxy {
  /** Hosts that tunnels were asked for. */
  readonly tunnels: string[] = [];
  readonly #server = createServer((_, response) => response.writeHead(405).end());

  static async start(): Promise<TunnelProxy> {
    const proxy = new TunnelProxy();
    proxy.#server.on('connect', (request: IncomingMessage, socket, head: Buffer) => {
      proxy.tunnels.push(request.url ?? '');
      const [host, port] = (request.url ?? '').split(':');
      const target = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        target.write(head);
        target.pipe(socket).pipe(target);
      });
      target.on('error', () => socket.destroy());
      socket.on('error', () => target.destroy());
    });
    await new Promise<void>((ready) => proxy.#server.listen(0, '127.0.0.1', ready));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
