// What Node has and the engine has not, written on the engine. It runs in every fresh runtime before the sandbox closes.
(function (host) {
  'use strict';
  const { defineProperty, getPrototypeOf, getOwnPropertyDescriptor, prototype: objectPrototype } = Object;
  const { apply, construct, ownKeys } = Reflect;
  const isArray = Array.isArray;
  const hidden = (object, members) => {
    for (const key of ownKeys(members)) {
      const d = getOwnPropertyDescriptor(members, key);
      d.enumerable = false;
      defineProperty(object, key, d);
    }
  };
  const define = (members) => hidden(globalThis, members);
  delete globalThis.GoError;

  // Functions that call themselves on nested values run as JavaScript, so that the limit on calls holds for them.
  hidden(Array.prototype, {
    flat() {
      const depth = arguments.length === 0 || arguments[0] === undefined ? 1 : Math.trunc(Number(arguments[0])) || 0;
      const out = [];
      const walk = (list, left) => {
        for (let i = 0; i < list.length; i++) {
          if (!(i in list)) continue;
          if (left > 0 && isArray(list[i])) walk(list[i], left - 1);
          else defineProperty(out, out.length, { value: list[i], writable: true, enumerable: true, configurable: true });
        }
      };
      host.length(this);
      walk(Object(this), depth);
      return out;
    },
  });

  // Chains of bound functions and of proxies are followed by the engine itself: they stay short.
  const chained = new WeakMap();
  const link = (target, made) => {
    const depth = (chained.get(target) ?? 0) + 1;
    if (depth > 100) host.tooMuch('a chain of functions or proxies longer than 100');
    chained.set(made, depth);
    return made;
  };
  const bind = Function.prototype.bind;
  hidden(Function.prototype, {
    bind(self) {
      return link(this, apply(bind, this, arguments));
    },
  });
  // replace puts a function in the place of a built-in constructor: same name, same prototype, same statics.
  const replace = (native, made, length) => {
    for (const key of ownKeys(native)) {
      if (key === 'prototype' || key === 'name' || key === 'length') continue;
      defineProperty(made, key, getOwnPropertyDescriptor(native, key));
    }
    defineProperty(made, 'name', { value: native.name, configurable: true });
    defineProperty(made, 'length', { value: length, configurable: true });
    if (native.prototype) {
      defineProperty(made, 'prototype', { value: native.prototype, writable: false });
      hidden(native.prototype, { constructor: made });
    }
    Object.setPrototypeOf(made, getPrototypeOf(native));
    define({ [native.name]: made });
    return made;
  };
  const NativeProxy = Proxy;
  const follow = (target, handler, made) => {
    const depth = Math.max(chained.get(target) ?? 0, chained.get(handler) ?? 0) + 1;
    if (depth > 100) host.tooMuch('a chain of functions or proxies longer than 100');
    chained.set(made, depth);
    return made;
  };
  const ProxyGuard = replace(NativeProxy, function (target, handler) {
    if (new.target === undefined) throw new TypeError(`Constructor Proxy requires 'new'`);
    return follow(target, handler, new NativeProxy(target, handler));
  }, 2);
  const { revocable } = NativeProxy;
  hidden(ProxyGuard, {
    revocable(target, handler) {
      const made = revocable(target, handler);
      follow(target, handler, made.proxy);
      return made;
    },
  });

  // Buffers take their memory at once, so their size is looked at before.
  const sized = (native, bytes) => {
    const made = replace(native, function (...args) {
      if (new.target === undefined) throw new TypeError(`Constructor ${native.name} requires 'new'`);
      const n = args[0];
      if (n === null || typeof n !== 'object') host.size(Number(n) * bytes);
      else if (!ArrayBuffer.isView(n) && n.byteLength === undefined) host.size(Number(n.length) * bytes);
      return construct(native, args, new.target === made ? native : new.target);
    }, native.length);
  };
  sized(ArrayBuffer, 1);
  for (const native of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
    Float32Array, Float64Array, BigInt64Array, BigUint64Array]) {
    sized(native, native.BYTES_PER_ELEMENT);
  }

  // Regular expressions: classes of Unicode properties are spelled out, what the engine has not is refused.
  const NativeRegExp = RegExp;
  const classes = new Map();
  const sourced = (made, source) =>
    defineProperty(made, 'source', { value: source, writable: false, enumerable: false, configurable: false });
  const newRegExp = (args, newTarget) => {
    const given = args[0] instanceof NativeRegExp ? args[0] : undefined;
    const flags = args[1] !== undefined ? String(args[1]) : given !== undefined ? given.flags : '';
    if (/[dv]/.test(flags)) {
      throw new SyntaxError(`regular expressions with the flag ${flags.includes('d') ? 'd' : 'v'} are not available in steps`);
    }
    const pattern = given !== undefined ? given.source : String(args[0] === undefined ? '' : args[0]);
    host.pattern(pattern.length);
    if (!flags.includes('u') || !/\\p\{/i.test(pattern)) {
      const made = construct(NativeRegExp, args, newTarget);
      return given === undefined && pattern.includes('/') ? sourced(made, pattern.replace(/\\.|\[(?:\\.|[^\]\\])*\]|\//gs, (x) => (x === '/' ? '\\/' : x))) : made;
    }
    const key = flags + '/' + pattern;
    let master = classes.get(key);
    if (master === undefined) {
      master = construct(NativeRegExp, [host.properties(pattern), flags]);
      if (classes.size >= 100) classes.clear();
      classes.set(key, master);
    }
    return sourced(construct(NativeRegExp, [master, flags], newTarget), pattern);
  };
  const regexp = replace(NativeRegExp, function (pattern, flags) {
    if (new.target === undefined && pattern instanceof NativeRegExp && flags === undefined) return pattern;
    return newRegExp([pattern, flags], new.target === undefined || new.target === regexp ? NativeRegExp : new.target);
  }, 2);

  hidden(objectPrototype, {
    __defineGetter__(key, get) { defineProperty(this, key, { get, enumerable: true, configurable: true }); },
    __defineSetter__(key, set) { defineProperty(this, key, { set, enumerable: true, configurable: true }); },
    __lookupGetter__(key) {
      for (let o = this; o !== null; o = getPrototypeOf(o)) {
        const d = getOwnPropertyDescriptor(o, key);
        if (d) return d.get;
      }
    },
    __lookupSetter__(key) {
      for (let o = this; o !== null; o = getPrototypeOf(o)) {
        const d = getOwnPropertyDescriptor(o, key);
        if (d) return d.set;
      }
    },
  });
  const groups = (items, callback) => {
    if (typeof callback !== 'function') throw new TypeError(`${String(callback)} is not a function`);
    const found = new Map();
    let i = 0;
    for (const item of items) {
      const key = callback(item, i++);
      const group = found.get(key);
      if (group) group.push(item);
      else found.set(key, [item]);
    }
    return found;
  };
  hidden(Object, {
    groupBy(items, callback) {
      const out = Object.create(null);
      for (const [key, group] of groups(items, (item, i) => {
        const k = callback(item, i);
        return typeof k === 'symbol' ? k : String(k);
      })) out[key] = group;
      return out;
    },
  });
  hidden(Map, { groupBy: (items, callback) => groups(items, callback) });
  hidden(Error, { captureStackTrace(target) { if (!('stack' in target)) hidden(target, { stack: new Error().stack }); } });
  hidden(String.prototype, {
    isWellFormed() { return !host.lone(String(this)); },
    toWellFormed() {
      let out = '';
      for (const c of String(this)) out += host.lone(c) ? '\uFFFD' : c;
      return out;
    },
    anchor(name) { return `<a name="${String(name).replaceAll('"', '&quot;')}">${this}</a>`; },
    link(url) { return `<a href="${String(url).replaceAll('"', '&quot;')}">${this}</a>`; },
  });
  for (const [name, tag] of [['big', 'big'], ['blink', 'blink'], ['bold', 'b'], ['fixed', 'tt'], ['italics', 'i'],
    ['small', 'small'], ['strike', 'strike'], ['sub', 'sub'], ['sup', 'sup']]) {
    hidden(String.prototype, { [name]() { return `<${tag}>${this}</${tag}>`; } });
  }
  hidden(Date.prototype, {
    getYear() { return this.getFullYear() - 1900; },
    setYear(year) { return this.setFullYear(year >= 0 && year <= 99 ? 1900 + Math.trunc(year) : year); },
    toGMTString: Date.prototype.toUTCString,
  });

  class DOMException extends Error {
    #name;
    constructor(message = '', name = 'Error') {
      super(message);
      this.#name = name;
    }
    get name() { return this.#name; }
    get code() { return this.#name === 'DataCloneError' ? 25 : this.#name === 'InvalidCharacterError' ? 5 : 0; }
  }

  const structuredClone = function structuredClone(value, options) {
    if (arguments.length === 0) throw new TypeError('structuredClone needs a value');
    if (options?.transfer?.length > 0) throw new DOMException('steps have nothing to transfer to', 'DataCloneError');
    const done = new Map();
    const clone = (v) => {
      if (typeof v === 'symbol' || typeof v === 'function') {
        throw new DOMException(`${typeof v === 'symbol' ? String(v) : v.toString()} could not be cloned.`, 'DataCloneError');
      }
      if (v === null || typeof v !== 'object') return v;
      if (done.has(v)) return done.get(v);
      const keep = (made) => { done.set(v, made); return made; };
      const tag = host.kind(v);
      switch (tag) {
        case 'Date': return keep(new Date(v.getTime()));
        case 'RegExp': return keep(new regexp(v.source, v.flags));
        case 'Boolean': case 'Number': case 'String': case 'BigInt': return keep(Object(v.valueOf()));
        case 'ArrayBuffer': return keep(v.slice(0));
        case 'Error': {
          const known = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
          const made = keep(new (known[v.name] ?? Error)());
          delete made.message;
          if ('message' in v) hidden(made, { message: String(v.message) });
          if ('cause' in v) hidden(made, { cause: clone(v.cause) });
          hidden(made, { stack: v.stack });
          return made;
        }
        case 'Promise': case 'Proxy':
          throw new DOMException(`#<${tag}> could not be cloned.`, 'DataCloneError');
      }
      if (v instanceof Map) {
        const made = keep(new Map());
        for (const [k, x] of [...v]) made.set(clone(k), clone(x));
        return made;
      }
      if (v instanceof Set) {
        const made = keep(new Set());
        for (const x of [...v]) made.add(clone(x));
        return made;
      }
      if (v instanceof WeakMap || v instanceof WeakSet) throw new DOMException('#<WeakMap> could not be cloned.', 'DataCloneError');
      if (ArrayBuffer.isView(v)) {
        const buffer = clone(v.buffer);
        return keep(v instanceof DataView ? new DataView(buffer, v.byteOffset, v.byteLength)
          : new v.constructor(buffer, v.byteOffset, v.length));
      }
      const made = keep(isArray(v) ? new Array(v.length) : {});
      for (const key of Object.keys(v)) {
        defineProperty(made, key, { value: clone(v[key]), writable: true, enumerable: true, configurable: true });
      }
      return made;
    };
    return clone(value);
  };

  const bytesOf = (data) => {
    if (typeof data === 'string') return data;
    if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (host.kind(data) === 'ArrayBuffer') return new Uint8Array(data);
    throw new TypeError('needs a string, an ArrayBuffer or a view of one');
  };
  class TextEncoder {
    get encoding() { return 'utf-8'; }
    encode(text = '') { return new Uint8Array(host.encode(String(text))); }
    encodeInto(text, into) {
      let read = 0;
      let written = 0;
      for (const c of String(text)) {
        const bytes = this.encode(c);
        if (written + bytes.length > into.length) break;
        into.set(bytes, written);
        written += bytes.length;
        read += c.length;
      }
      return { read, written };
    }
  }
  const encodings = { 'utf-8': 'utf-8', utf8: 'utf-8', 'utf-16le': 'utf-16le', 'utf-16': 'utf-16le', latin1: 'windows-1252',
    'iso-8859-1': 'windows-1252', ascii: 'windows-1252', 'us-ascii': 'windows-1252', 'windows-1252': 'windows-1252' };
  class TextDecoder {
    #encoding;
    #fatal;
    #ignoreBOM;
    constructor(label = 'utf-8', options = {}) {
      const known = encodings[String(label).trim().toLowerCase()];
      if (known === undefined) throw new RangeError(`The "${label}" encoding is not supported`);
      this.#encoding = known;
      this.#fatal = Boolean(options?.fatal);
      this.#ignoreBOM = Boolean(options?.ignoreBOM);
    }
    get encoding() { return this.#encoding; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#ignoreBOM; }
    decode(data, options) {
      if (options?.stream) throw new TypeError('TextDecoder: streams are not available in steps');
      if (data === undefined) return '';
      const text = host.decode(bytesOf(data), this.#encoding);
      if (text === undefined || (this.#fatal && text.bad)) {
        throw new TypeError(`The encoded data was not valid for encoding ${this.#encoding}`);
      }
      return !this.#ignoreBOM && text.text.startsWith('\uFEFF') ? text.text.slice(1) : text.text;
    }
  }

  const btoa = function btoa(text) {
    const out = host.toBase64(String(text));
    if (out === undefined) throw new DOMException('Invalid character', 'InvalidCharacterError');
    return out;
  };
  const atob = function atob(text) {
    const out = host.fromBase64(String(text));
    if (out === undefined) throw new DOMException('The string to be decoded is not correctly encoded.', 'InvalidCharacterError');
    return out;
  };

  const crypto = {
    randomUUID: () => host.randomUUID(),
    getRandomValues(view) {
      if (view.byteLength > 65536) throw new DOMException(`The requested length exceeds 65,536 bytes`, 'QuotaExceededError');
      new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(new Uint8Array(host.random(view.byteLength)));
      return view;
    },
    hash: (algorithm, data, encoding = 'hex') => host.hash(String(algorithm), bytesOf(data), String(encoding)),
    hmac: (algorithm, key, data, encoding = 'hex') => host.hmac(String(algorithm), bytesOf(key), bytesOf(data), String(encoding)),
    subtle: {
      async digest(algorithm, data) {
        return host.hash(typeof algorithm === 'string' ? algorithm : String(algorithm.name), bytesOf(data), 'buffer');
      },
    },
  };
  defineProperty(crypto, Symbol.toStringTag, { value: 'Crypto', configurable: true });

  class URLSearchParams {
    #list = [];
    #url = null;
    constructor(init = '') {
      if (init !== null && typeof init === 'object') {
        if (init[host.url] !== undefined) {
          this.#url = init[host.url];
          this.#list = host.parseQuery(init.query);
        } else if (typeof init[Symbol.iterator] === 'function') {
          for (const pair of init) {
            const [k, v, ...more] = pair;
            if (v === undefined || more.length > 0) throw new TypeError('Each query pair must be an iterable [name, value] tuple');
            this.#list.push([host.scalar(String(k)), host.scalar(String(v))]);
          }
        } else {
          for (const k of Object.keys(init)) this.#list.push([host.scalar(k), host.scalar(String(init[k]))]);
        }
      } else {
        this.#list = host.parseQuery(String(init).replace(/^\?/, ''));
      }
    }
    #changed() { if (this.#url) this.#url(this.toString()); }
    get size() { return this.#list.length; }
    append(k, v) { this.#list.push([host.scalar(String(k)), host.scalar(String(v))]); this.#changed(); }
    delete(k, v) {
      this.#list = this.#list.filter((p) => p[0] !== String(k) || (v !== undefined && p[1] !== String(v)));
      this.#changed();
    }
    get(k) { return this.#list.find((p) => p[0] === String(k))?.[1] ?? null; }
    getAll(k) { return this.#list.filter((p) => p[0] === String(k)).map((p) => p[1]); }
    has(k, v) { return this.#list.some((p) => p[0] === String(k) && (v === undefined || p[1] === String(v))); }
    set(k, v) {
      const at = this.#list.findIndex((p) => p[0] === String(k));
      if (at < 0) {
        this.append(k, v);
        return;
      }
      this.#list[at][1] = host.scalar(String(v));
      this.#list = this.#list.filter((p, i) => i <= at || p[0] !== String(k));
      this.#changed();
    }
    sort() { this.#list.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)); this.#changed(); }
    forEach(f, self) { for (const [k, v] of this.#list) apply(f, self, [v, k, this]); }
    *entries() { for (const [k, v] of this.#list) yield [k, v]; }
    *keys() { for (const [k] of this.#list) yield k; }
    *values() { for (const [, v] of this.#list) yield v; }
    toString() { return host.formatQuery(this.#list); }
  }
  hidden(URLSearchParams.prototype, { [Symbol.iterator]: URLSearchParams.prototype.entries });
  defineProperty(URLSearchParams.prototype, Symbol.toStringTag, { value: 'URLSearchParams', configurable: true });

  class URL {
    #parts;
    #params = null;
    constructor(url, base) {
      this.#parts = host.parseURL(String(url), base === undefined ? undefined : String(base));
      if (this.#parts === undefined) {
        const e = new TypeError('Invalid URL');
        e.code = 'ERR_INVALID_URL';
        e.input = String(url);
        if (base !== undefined) e.base = String(base);
        throw e;
      }
    }
    static canParse(url, base) { return host.parseURL(String(url), base === undefined ? undefined : String(base)) !== undefined; }
    #set(part, value) {
      this.#parts = host.setURL(this.#parts.href, part, String(value)) ?? this.#parts;
      if (part === 'search' || part === 'href') this.#params = null;
    }
    get href() { return this.#parts.href; }
    set href(v) {
      const parts = host.parseURL(String(v), undefined);
      if (parts === undefined) throw new TypeError('Invalid URL');
      this.#parts = parts;
      this.#params = null;
    }
    get origin() { return this.#parts.origin; }
    get protocol() { return this.#parts.protocol; }
    set protocol(v) { this.#set('protocol', v); }
    get username() { return this.#parts.username; }
    set username(v) { this.#set('username', v); }
    get password() { return this.#parts.password; }
    set password(v) { this.#set('password', v); }
    get host() { return this.#parts.host; }
    set host(v) { this.#set('host', v); }
    get hostname() { return this.#parts.hostname; }
    set hostname(v) { this.#set('hostname', v); }
    get port() { return this.#parts.port; }
    set port(v) { this.#set('port', v); }
    get pathname() { return this.#parts.pathname; }
    set pathname(v) { this.#set('pathname', v); }
    get search() { return this.#parts.search; }
    set search(v) { this.#set('search', v); }
    get hash() { return this.#parts.hash; }
    set hash(v) { this.#set('hash', v); }
    get searchParams() {
      this.#params ??= new URLSearchParams({
        [host.url]: (query) => { this.#parts = host.setURL(this.#parts.href, 'search', query) ?? this.#parts; },
        query: this.#parts.search.replace(/^\?/, ''),
      });
      return this.#params;
    }
    toString() { return this.href; }
    toJSON() { return this.href; }
  }
  defineProperty(URL.prototype, Symbol.toStringTag, { value: 'URL', configurable: true });

  define({
    console: Object.freeze({ ...host.console }), crypto, structuredClone, TextEncoder, TextDecoder, btoa, atob, URL, URLSearchParams,
    DOMException, queueMicrotask(f) { Promise.resolve().then(() => f()); },
  });
})
