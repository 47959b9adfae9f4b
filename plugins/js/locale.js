// Texts for people: what Node writes for its default locale, en-US, and a refusal of everything else. A step must not be
// silently wrong, and the engine knows no other locale.
(function (host) {
  'use strict';
  const { defineProperty, getOwnPropertyDescriptor } = Object;
  const { ownKeys } = Reflect;
  const hidden = (object, members) => {
    for (const key of ownKeys(members)) {
      const d = getOwnPropertyDescriptor(members, key);
      d.enumerable = false;
      defineProperty(object, key, d);
    }
  };
  const english = (method, locales) => {
    for (const l of locales === undefined ? [] : Array.isArray(locales) ? locales : [locales]) {
      if (!/^en(-US)?$/i.test(String(l))) {
        throw new RangeError(`${method} with the locale "${String(l)}" is not available in steps: only en-US is`);
      }
    }
  };
  const only = (method, options, known) => {
    if (options === undefined) return {};
    for (const key of Object.keys(Object(options))) {
      if (options[key] !== undefined && !known.includes(key)) {
        throw new RangeError(`${method} with the option "${key}" is not available in steps`);
      }
    }
    return options;
  };
  const symbols = { USD: '$', EUR: '€', GBP: '£', JPY: '¥', INR: '₹', CNY: 'CN¥', KRW: '₩', BRL: 'R$', CAD: 'CA$', AUD: 'A$',
    MXN: 'MX$', NZD: 'NZ$', ILS: '₪', VND: '₫', TWD: 'NT$', HKD: 'HK$' };
  const noCents = ['JPY', 'KRW', 'VND'];

  // rounded is the decimal text of a non-negative number with between min and max digits after the point, halves up.
  const rounded = (n, min, max) => {
    let [digits, exponent] = n.toExponential().split('e');
    let point = Number(exponent) + 1;
    digits = digits.replace('.', '');
    let keep = point + max;
    if (keep < 0) {
      digits = '';
    } else if (digits.length > keep) {
      const up = digits.charCodeAt(keep) >= 53;
      let list = [...digits.slice(0, keep)].map(Number);
      if (up) {
        let i = keep - 1;
        while (i >= 0 && list[i] === 9) list[i--] = 0;
        if (i >= 0) {
          list[i]++;
        } else {
          list = [1, ...list];
          point++;
        }
      }
      digits = list.join('');
    }
    const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
    const fraction = (point > 0 ? digits.slice(point) : '0'.repeat(-point) + digits).replace(/0+$/, '').padEnd(min, '0');
    return [whole, fraction.slice(0, Math.max(max, min))];
  };
  const formatNumber = (n, locales, options) => {
    const method = 'toLocaleString';
    english(method, locales);
    const o = only(method, options, ['minimumFractionDigits', 'maximumFractionDigits', 'useGrouping', 'style', 'currency', 'minimumIntegerDigits']);
    const style = o.style ?? 'decimal';
    if (!['decimal', 'percent', 'currency'].includes(style)) throw new RangeError(`toLocaleString with the style "${style}" is not available in steps`);
    let sign = '';
    let [least, most] = style === 'percent' ? [0, 0] : [0, 3];
    let before = '';
    if (style === 'currency') {
      const code = String(o.currency).toUpperCase();
      if (o.currency === undefined) throw new TypeError('Currency code is required with currency style.');
      if (!(code in symbols)) throw new RangeError(`toLocaleString with the currency "${code}" is not available in steps`);
      before = symbols[code];
      least = most = noCents.includes(code) ? 0 : 2;
    }
    const limit = (name, v) => {
      if (!(v >= 0 && v <= 100)) throw new RangeError(`${name} value is out of range.`);
      return Math.floor(v);
    };
    if (o.minimumFractionDigits !== undefined) {
      least = limit('minimumFractionDigits', o.minimumFractionDigits);
      most = Math.max(most, least);
    }
    if (o.maximumFractionDigits !== undefined) {
      most = limit('maximumFractionDigits', o.maximumFractionDigits);
      if (most < least) {
        if (o.minimumFractionDigits !== undefined) throw new RangeError('maximumFractionDigits value is out of range.');
        least = most;
      }
    }
    if (n < 0 || Object.is(n, -0)) {
      sign = '-';
      n = -n;
    }
    if (Number.isNaN(n)) return before + 'NaN';
    const after = style === 'percent' ? '%' : '';
    if (n === Infinity) return sign + before + '∞' + after;
    let [whole, fraction] = rounded(style === 'percent' ? n * 100 : n, least, most);
    whole = whole.padStart(o.minimumIntegerDigits ?? 1, '0');
    if (o.useGrouping !== false) whole = whole.replace(/\B(?=(\d{3})+$)/g, ',');
    return sign + before + whole + (fraction === '' ? '' : '.' + fraction) + after;
  };

  const shifted = (method, date, locales, options) => {
    english(method, locales);
    const zone = only(method, options, ['timeZone']).timeZone;
    const ms = date.getTime();
    if (Number.isNaN(ms)) return null;
    if (zone === undefined) return new Date(ms);
    const offset = host.zone(String(zone), ms);
    if (offset === undefined) throw new RangeError(`Invalid time zone specified: ${String(zone)}`);
    return new Date(ms + offset);
  };
  const dayText = (d) => {
    const y = d.getUTCFullYear();
    return `${d.getUTCMonth() + 1}/${d.getUTCDate()}/${y > 0 ? y : `${1 - y} B`}`;
  };
  const timeText = (d) => {
    const two = (n) => String(n).padStart(2, '0');
    const h = d.getUTCHours();
    return `${h % 12 || 12}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())} ${h < 12 ? 'AM' : 'PM'}`;
  };
  const text = (method, date, args, write) => {
    const d = shifted(method, date, args[0], args[1]);
    return d === null ? 'Invalid Date' : write(d);
  };
  const { toString, toTimeString, toISOString } = Date.prototype;
  const named = (s) => s.replace('(UTC)', '(Coordinated Universal Time)');
  hidden(Date.prototype, {
    toString() { return named(toString.call(this)); },
    toTimeString() { return named(toTimeString.call(this)); },
    toISOString() {
      const s = toISOString.call(this);
      return s[0] === '-' && s.length < 27 ? `-${s.slice(1).padStart(26, '0')}` : s;
    },
    toLocaleString() { return text('toLocaleString', this, arguments, (d) => `${dayText(d)}, ${timeText(d)}`); },
    toLocaleDateString() { return text('toLocaleDateString', this, arguments, dayText); },
    toLocaleTimeString() { return text('toLocaleTimeString', this, arguments, timeText); },
  });
  hidden(Number.prototype, {
    toLocaleString() { return formatNumber(Number.prototype.valueOf.call(this), arguments[0], arguments[1]); },
  });
  hidden(BigInt.prototype, {
    toLocaleString() {
      english('toLocaleString', arguments[0]);
      only('toLocaleString', arguments[1], []);
      return String(this).replace(/\B(?=(\d{3})+$)/g, ',');
    },
  });
  const { localeCompare, toLowerCase, toUpperCase } = String.prototype;
  hidden(String.prototype, {
    localeCompare(that) {
      english('localeCompare', arguments[1]);
      only('localeCompare', arguments[2], []);
      return localeCompare.call(this, that);
    },
    toLocaleLowerCase() { english('toLocaleLowerCase', arguments[0]); return toLowerCase.call(this); },
    toLocaleUpperCase() { english('toLocaleUpperCase', arguments[0]); return toUpperCase.call(this); },
  });
})
