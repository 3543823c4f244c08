// The projection of pipeline/scenarios/projection.py for one region: the same formulas in the same order, in ES5. A test
// holds both against each other.
//
// greenProjection(data, scenario, moved): data.start.parts are the provinces that are summed up (of a province itself alone,
// and start.sum is false), start.own the levels of the region, by the names of scenarios/start.py, six facility types in its
// order. scenario: its drivers, of a nation those of each part, and core where the core rooms have no drivers; what is moved (driver -> value) is the same in all parts.
// Returns measure -> its path over data.years; NaN is what is not known.
var greenProjection = (function () {
  "use strict";
  var UNMOVED = { index: [1, 1, 1, 1, 1, 1], flow: 1, volume: 1, grid: 1, green: 1, residual: 1 };

  function known(value) { return typeof value === "number" ? value : NaN; }

  function sum(values) {
    var total = 0, at;
    for (at = 0; at < 6; at += 1) { total += values ? known(values[at]) : NaN; }
    return total;
  }

  function times(values, index) {
    var total = 0, at;
    for (at = 0; at < 6; at += 1) { total += values ? known(values[at]) * index[at] : NaN; }
    return total;
  }

  // What moves, relative to the start.
  function factors(part, d, n, toGo, core) {
    var pue0 = known(part.pue), green = known(part.green_share), share0 = isNaN(green) ? 0 : green;
    var it = Math.pow(1 + d.g_it, n), retrofitted = Math.min(1, d.r_dc * n), stock = Math.min(1, it);
    var ofStock = stock * ((1 - retrofitted) * pue0 + retrofitted * Math.min(d.pue_retrofit, pue0));
    var pue = ((it - stock) * d.pue_new + ofStock) / it / pue0;
    var converted = Math.min(d.s_room * n, Math.max(0, 1 - part.retrofitted));
    var saved = 1 - Math.min(1, d.pue_core_retrofit / d.pue_core);
    var share = share0 + (d.green_share_2030 - share0) * Math.min(1, n / toGo), other = Math.pow(1 + d.g_other, n);
    return {
      index: [
        it * (isNaN(pue0) ? 1 : pue), Math.pow(1 + d.g_traffic, n) * Math.pow(1 + d.e_bs, -n), core === undefined ? 1 - converted * saved : core, 1, other, other
      ],
      flow: Math.pow(1 + d.g_flow, n), volume: Math.pow(1 + d.g_volume, n), share: isNaN(green) ? NaN : share,
      green: share0 < 1 ? (1 - share) / (1 - share0) : 0, grid: Math.pow(1 - d.d_grid, n), residual: Math.pow(1 - d.d_residual, n)
    };
  }

  function emitted(filed, relative) { return filed === 0 ? 0 : known(filed) * relative; } // who uses no electricity emits none with it

  // What can be summed.
  function amounts(part, f, share) {
    var electricity = times(part.electricity, f.index), covered = times(part.covered, f.index), fuels = times(part.fuel_tco2, f.index);
    var flow = known(part.flow) * f.flow, volume = known(part.volume) * f.volume, relative = electricity / sum(part.electricity);
    return {
      energy: times(part.energy, f.index), flow: flow, ofFlow: isNaN(flow) ? NaN : covered, volume: volume,
      ofVolume: isNaN(volume) ? NaN : covered, green: electricity * share, ofGreen: isNaN(share) ? NaN : electricity,
      location: emitted(part.location_tco2, relative) * f.grid + fuels,
      market: emitted(part.market_tco2, relative) * f.green * f.residual + fuels
    };
  }

  // Of all parts; what one has not filed is not in the sum.
  function total(parts) {
    var found = {};
    Object.keys(parts[0]).forEach(function (name) {
      var some = parts.map(function (one) { return one[name]; }).filter(function (value) { return !isNaN(value); });
      found[name] = some.length ? some.reduce(function (one, other) { return one + other; }) : NaN;
    });
    return found;
  }

  function driversOf(data, scenario, moved, at) {
    var found = {};
    data.order.forEach(function (name, place) {
      found[name] = moved.hasOwnProperty(name) ? moved[name] : scenario.parts ? scenario.parts[at][place] : scenario.drivers[name][1];
    });
    return found;
  }

  return function (data, scenario, moved) {
    var start = data.start, toGo = Math.max(start.share_year - start.t0, 1), own = start.own, found = {};
    var drivers = start.parts.map(function (part, at) { return driversOf(data, scenario, moved, at); });
    function whole(of) { return start.sum ? total(start.parts.map(of)) : of(start.parts[0], 0); }
    function put(name, value) { (found[name] = found[name] || []).push(value); }
    var filed = whole(function (part) { return amounts(part, UNMOVED, known(part.green_share)); });
    var ofFiled = filed.green / filed.ofGreen, share = known(own.green_share);
    var scale = ofFiled !== 0 ? share / ofFiled : share === 0 ? 1 : NaN; // whose share is filed as nothing begins there
    data.years.forEach(function (year, place) {
      var n = Math.max(year - start.t0, 0);
      var m = whole(function (part, at) {
        var f = factors(part, drivers[at], n, toGo, scenario.core && scenario.core[place]);
        return amounts(part, f, f.share);
      });
      var flow = (m.ofFlow / m.flow) / (filed.ofFlow / filed.flow), volume = (m.ofVolume / m.volume) / (filed.ofVolume / filed.volume);
      put("energy.total", m.energy);
      put("energy.per_flow", known(own.per_flow) * flow);
      put("energy.per_flow.change", (1 + known(own.per_flow_change)) * flow - 1);
      put("energy.per_volume", known(own.per_volume) * volume);
      put("energy.per_volume.change", (1 + known(own.per_volume_change)) * volume - 1);
      put("carbon.location", m.location);
      put("carbon.market", m.market);
      put("green.share", (m.green / m.ofGreen) * scale);
    });
    return found;
  };
})();
