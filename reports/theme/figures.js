// The table of explore-data.js: which values there are, and each printed as the reports print it (pipeline/wording.py). Decimals
// are counted on the digits as they are written, so that 2.675 is 2.68.
var greenFigures = (function () {
  "use strict";
  var SCALES = [["", 0], ["万", 4], ["亿", 8], ["万亿", 12]];
  var STEPS = [["trillion", 12], ["billion", 9], ["million", 6], ["", 0]];
  var MINUS = "\u2212", NONE = "—", NOISE = 1e-9;

  // A number as sign, digits and the place of its point: 12.5 is ["", "125", 2].
  function decimal(value) {
    var parts = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
    return [parts[1], parts[2] + (parts[3] || ""), parts[2].length + Number(parts[4] || 0)];
  }
  function shifted(one, by) { return [one[0], one[1], one[2] + by]; }

  // Rounded half away from zero to so many decimals, as [sign, whole digits, decimals].
  function rounded(one, places) {
    var digits = one[1], at = one[2];
    if (at < 0) { digits = "0".repeat(-at) + digits; at = 0; }
    digits = "0" + digits + "0".repeat(Math.max(0, at + places + 1 - digits.length));
    at += 1;
    var kept = digits.slice(0, at + places).split("");
    if (digits.charAt(at + places) >= "5") {
      var last = kept.length - 1;
      while (kept[last] === "9") { kept[last] = "0"; last -= 1; }
      kept[last] = String(Number(kept[last]) + 1);
    }
    var text = kept.join("");
    return [one[0], text.slice(0, at).replace(/^0+(?=\d)/, ""), text.slice(at)];
  }
  function written(parts) {
    var zero = !/[1-9]/.test(parts[1] + parts[2]);
    var whole = parts[1].replace(/\B(?=(\d{3})+$)/g, ",");
    return (parts[0] && !zero ? MINUS : "") + whole + (parts[2] ? "." + parts[2] : "");
  }
  function isWhole(one) { return /^0*$/.test(one[1].slice(Math.max(0, one[2]))); }
  function counted(one, places) {
    var found = SCALES.find(function (scale) {
      var by = shifted(one, -scale[1]), parts = rounded(by, !scale[1] && isWhole(by) ? 0 : places);
      return Number(parts[1]) < 10000;
    });
    return found || SCALES[3];
  }
  // An amount in English: rounded where Chinese rounds it, so that both tell the same digits.
  function amount(parts, power, unit) {
    var one = [parts[0], parts[1] + parts[2], parts[1].length + power], places = parts[2].length - power;
    var size = Number(parts[1] + "." + parts[2] + "e" + power);
    var step = STEPS.find(function (each) { return !each[1] || size >= Math.pow(10, each[1]); });
    var text = written(rounded(shifted(one, -step[1]), Math.max(0, places + step[1])));
    return [text, step[0], unit].filter(Boolean).join(" ");
  }

  function number(value, places) { return written(rounded(decimal(value), places)); }

  // A value with its unit. more: further decimals.
  function print(indicator, value, english, more) {
    var one = decimal(value), places = indicator.places + (more || 0), unit = indicator.unit[english ? 1 : 0];
    if (indicator.scale === "percent") { return written(rounded(shifted(one, 2), places)) + "%"; }
    if (indicator.scale === "big") {
      var scale = counted(one, places), by = shifted(one, -scale[1]);
      var parts = rounded(by, !scale[1] && isWhole(by) ? 0 : places);
      return english ? amount(parts, scale[1], unit) : written(parts) + " " + scale[0] + unit;
    }
    if (english && indicator.power) { return amount(rounded(one, places), indicator.power, unit); }
    return (written(rounded(one, places)) + " " + unit).trim();
  }

  // -1, 0 or 1: below, like or above; what binary fractions are off by is like.
  function compare(value, limit) {
    return Math.abs(value - limit) <= NOISE * Math.abs(limit) ? 0 : value < limit ? -1 : 1;
  }
  // With as many decimals as show on which side of the limit it is.
  function against(indicator, value, limit, english) {
    var by = indicator.scale === "percent" ? 2 : 0, side = compare(value, limit), more = 0;
    if (indicator.scale === "big") { return print(indicator, value, english); }
    while (more < 6 - indicator.places) {
      var parts = rounded(shifted(decimal(value), by), indicator.places + more);
      var shown = Number(parts[0] + parts[1] + "." + parts[2]);
      if (compare(shown, Number(limit) * Math.pow(10, by)) === side) { break; }
      more += 1;
    }
    return print(indicator, value, english, more);
  }

  // What a page asks of the table. english: in which language it prints.
  function read(data, english) {
    var at = english ? 1 : 0, indicators = {}, regions = {}, blocks = {};
    data.indicators.forEach(function (one) { indicators[one.id] = one; });
    data.regions.forEach(function (one, place) { regions[one.code] = one; one.place = place; one.there = false; });
    Object.keys(data.cells).forEach(function (id) {
      data.cells[id].forEach(function (block) {
        var flags = {};
        Object.keys(block[3]).forEach(function (name) { block[3][name].forEach(function (place) { flags[place] = name; }); });
        block[1].forEach(function (place) { data.regions[place].there = true; });
        blocks[id + "|" + block[0]] = { regions: block[1], values: block[2], flags: flags };
      });
    });
    var whole = data.parts.findIndex(function (one) { return one[0] === null; });

    // {value, withheld, flags}; value is null where there is none.
    function cell(id, part, code, year) {
      var block = blocks[id + "|" + part], row = block ? block.regions.indexOf(regions[code].place) : -1;
      var column = data.years.indexOf(year);
      if (row < 0 || column < 0) { return { value: null, withheld: false, flags: [] }; }
      var place = row * data.years.length + column, value = block.values[place], flags = block.flags[place];
      return { value: typeof value === "number" ? value : null, withheld: value === "c", flags: flags ? flags.split(",") : [] };
    }
    function told(id, found) {
      if (found.withheld) { return english ? "not published" : "不予公布"; }
      return found.value === null ? NONE : print(indicators[id], found.value, english);
    }
    // The parts of an indicator by a dimension, as places in data.parts; of none that of the whole.
    function parts(id, dimension) {
      var own = data.cells[id].map(function (block) { return block[0]; });
      return dimension ? own.filter(function (one) { return data.parts[one][0] === dimension; }) : [whole];
    }
    function dimensions(id) {
      var own = {};
      data.cells[id].forEach(function (block) { own[data.parts[block[0]][0]] = true; });
      return Object.keys(data.dimensions).filter(function (name) { return own[name]; });
    }
    return {
      data: data, english: !!english, indicators: indicators, regions: regions, whole: whole, cell: cell, told: told, parts: parts,
      dimensions: dimensions, compare: compare,
      name: function (id) { return indicators[id].name[at]; },
      region: function (code) { return regions[code].name[at]; },
      part: function (place) { return data.parts[place][2 + at]; },
      flag: function (name) { return data.flags[name][at]; },
      print: function (id, value) { return print(indicators[id], value, english); },
      against: function (id, value, limit) { return against(indicators[id], value, limit, english); },
      number: number
    };
  }
  return { read: read, print: print, number: number };
})();
