// The first script of every runtime. It takes away what would let a step build code from text, and freezes everything
// that all steps share, so that nothing done to it by one event is seen by another one.
(function (host) {
  'use strict';
  const { freeze, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf } = Object;
  const { ownKeys, apply } = Reflect;

  // Texts cannot become code: eval and every kind of function constructor throw.
  const refuse = (name) => function () {
    throw new EvalError(`${name} is not available in steps: code cannot be made from text`);
  };
  const functionPrototype = Function.prototype;
  const constructors = [
    ['Function', functionPrototype],
    ['GeneratorFunction', getPrototypeOf(function* () {})],
    ['AsyncFunction', getPrototypeOf(async function () {})],
  ];
  for (const [name, prototype] of constructors) {
    const stub = refuse(name);
    defineProperty(stub, 'name', { value: name });
    defineProperty(stub, 'prototype', { value: prototype, writable: false });
    defineProperty(prototype, 'constructor', { value: stub, writable: true, enumerable: false, configurable: true });
    if (name === 'Function') {
      defineProperty(globalThis, 'Function', { value: stub, writable: true, enumerable: false, configurable: true });
    }
  }
  const noEval = refuse('eval');
  defineProperty(noEval, 'name', { value: 'eval' });
  defineProperty(globalThis, 'eval', { value: noEval, writable: true, enumerable: false, configurable: true });

  for (const name of ownKeys(host.json)) {
    defineProperty(JSON, name, { value: host.json[name], writable: true, enumerable: false, configurable: true });
  }

  // An assignment to a property that a frozen prototype has too would fail on ordinary objects. Names that programs do
  // assign are accessors instead: reading gives the built-in, writing makes an own property.
  const assigned = new Set(['constructor', 'toString', 'toLocaleString', 'valueOf', 'toJSON', 'name', 'message', 'stack']);
  const soften = (object, key, descriptor) => {
    const value = descriptor.value;
    defineProperty(object, key, {
      get: host.constant(value),
      set: host.setter(object, (receiver, written) => {
        if (receiver === object || receiver === null || (typeof receiver !== 'object' && typeof receiver !== 'function')) {
          throw new TypeError(`Cannot assign to read only property '${String(key)}' of a built-in`);
        }
        defineProperty(receiver, key, { value: written, writable: true, enumerable: true, configurable: true });
      }),
      enumerable: descriptor.enumerable,
      configurable: false,
    });
  };

  const seen = new Set();
  const isPrototype = (o) => {
    const c = getOwnPropertyDescriptor(o, 'constructor');
    return c !== undefined && typeof c.value === 'function';
  };
  const harden = (value) => {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) return;
    seen.add(value);
    const prototype = isPrototype(value);
    const keys = ownKeys(value);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      const d = getOwnPropertyDescriptor(value, key);
      if ('value' in d) {
        harden(d.value);
        if (prototype && d.configurable && (value === Object.prototype || assigned.has(key))) soften(value, key, d);
      } else {
        harden(d.get);
        harden(d.set);
      }
    }
    harden(getPrototypeOf(value));
    freeze(value);
  };
  const hidden = [
    getPrototypeOf(function* () {}), getPrototypeOf(async function () {}),
    getPrototypeOf([][Symbol.iterator]()), getPrototypeOf(''[Symbol.iterator]()),
    getPrototypeOf(new Map()[Symbol.iterator]()), getPrototypeOf(new Set()[Symbol.iterator]()),
    getPrototypeOf(/x/[Symbol.matchAll]('')), getPrototypeOf(Int8Array),
  ];
  for (const value of hidden) harden(value);
  harden(globalThis);

  const freezeDeep = (value) => {
    if (value === null || typeof value !== 'object') return;
    for (const key of ownKeys(value)) freezeDeep(value[key]);
    freeze(value);
  };

  // What a module declared is frozen with all that hangs on it; its maps and sets, whose contents freezing does not
  // concern, are remembered.
  const mapValues = Map.prototype.forEach;
  const setValues = Set.prototype.forEach;
  const seal = (values) => {
    const queue = [...values];
    while (queue.length > 0) {
      const value = queue.pop();
      if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) continue;
      seen.add(value);
      if (value instanceof Map) {
        host.keep(value);
        apply(mapValues, value, [(v, k) => { queue.push(v, k); }]);
      } else if (value instanceof Set) {
        host.keep(value);
        apply(setValues, value, [(v) => { queue.push(v); }]);
      }
      for (const key of ownKeys(value)) {
        const d = getOwnPropertyDescriptor(value, key);
        queue.push(d.value, d.get, d.set);
      }
      queue.push(getPrototypeOf(value));
      if (value instanceof RegExp) {
        Object.preventExtensions(value);
        if (value.global || value.sticky) host.keepPattern(value);
      } else {
        freeze(value);
      }
    }
  };
  const leaveOpen = () => {};
  return { freeze, freezeDeep, seal, leaveOpen };
})
